import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { publishNotification } from '../../kernel/notifications/publish.ts';
import type { TaskCommit } from '../../kernel/tasks/periodic-task.ts';
import { type Cloud, CloudError } from '../clouds/cloud.ts';
import { wrongAccount } from '../jobs/preflight.ts';
import { announceOrphans, closeOrphan, listOpenOrphans, recordSighting } from '../store/orphans.sql.ts';
import { dailyCost } from './daily-cost.ts';
import { infraOwner } from './orphan-owner.ts';
import { removable } from './orphan-resource.ts';
import { type OrphanServices, readKnown, readSighting, type Sighting, scannedRegions } from './sighting.ts';

export interface OrphanScanResult {
  readonly account: string;
  /** InfraIDs with resources and without a living cluster. */
  readonly seen: readonly string[];
  /** InfraIDs that could not be read; their rows stay as they are. */
  readonly unread: readonly string[];
  readonly closed: readonly string[];
}

/**
 * Looks for resources without a living cluster in one account, and records what it saw. Nothing is changed in the cloud.
 * What cannot be read stays as it is: a failed listing throws, and no row is closed.
 * @param commit of the run: what another run has replaced records nothing
 * @throws CloudError; JobFailure WRONG_ACCOUNT if the credentials changed to another account meanwhile; TaskLostError
 */
export async function scanForOrphans(
  services: OrphanServices,
  cloud: Cloud,
  { signal, commit }: { readonly signal: AbortSignal; readonly commit: TaskCommit },
): Promise<OrphanScanResult> {
  const { db } = services;
  const account = await cloud.account();
  const before = await readKnown(services, cloud.kind, account);
  const open = await db.query(listOpenOrphans, { cloud: cloud.kind, account });
  const proposals = await cloud.proposeOrphans(
    { regions: scannedRegions(services, before, cloud.kind), ended: before.ended },
    signal,
  );
  const again = open.filter(({ infraId }) => !proposals.some((proposal) => proposal.infraId === infraId));
  const candidates = [...proposals, ...again.map(({ infraId }) => ({ infraId, tags: [], shared: [] }))];
  const seen = new Map<string, Sighting>();
  const unread: string[] = [];
  const inUse = new Set<string>();
  for (const proposal of candidates) {
    signal.throwIfAborted();
    if (infraOwner(proposal, before).kind === 'living') {
      inUse.add(proposal.infraId);
      continue;
    }
    try {
      const sighting = await readSighting(services, cloud, proposal, before, signal);
      if (removable(sighting.resources).length > 0) seen.set(proposal.infraId, sighting);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      unread.push(proposal.infraId);
    }
  }
  const after = await cloud.account();
  if (after !== account) throw wrongAccount(after, account);
  // Read again: a cluster whose resources a listing saw was stored before they were made.
  const known = await readKnown(services, cloud.kind, account);
  for (const [infraId, { marks }] of seen) {
    if (infraOwner(marks, known).kind !== 'living') continue;
    seen.delete(infraId);
    inUse.add(infraId);
  }
  const closed = await record(services, commit, { cloud, account, open, seen, unread, inUse });
  return { account, seen: [...seen.keys()], unread, closed };
}

interface Scanned {
  readonly cloud: Cloud;
  readonly account: string;
  readonly open: readonly { readonly id: string; readonly infraId: string }[];
  readonly seen: ReadonlyMap<string, Sighting>;
  readonly unread: readonly string[];
  readonly inUse: ReadonlySet<string>;
}

/** @returns the infraIDs whose rows were closed */
async function record(
  services: OrphanServices,
  commit: TaskCommit,
  { cloud, account, open, seen, unread, inUse }: Scanned,
): Promise<string[]> {
  const { newId, profiles, prices } = services;
  return commit(async (tx) => {
    for (const [infraId, sighting] of seen) {
      const { platform, region, owner, clusterId, clusterName, baseDomain, cluster, resources, oldestAt } =
        sighting;
      await tx.query(recordSighting, {
        ...{ id: newId('orp'), cloud: cloud.kind, account, infraId, platform, region },
        ...{
          clusterId,
          clusterName,
          baseDomain,
          owner: cluster.owner,
          team: cluster.team,
          resources,
          oldestAt,
        },
        ownership: owner.kind === 'ours' ? 'OURS' : 'FOREIGN',
        dailyCost: dailyCost(
          resources,
          { platform, region },
          profiles.get(cluster.profile),
          prices.at(await readDatabaseTime(tx)),
        ),
      });
    }
    const vanished = open.filter(({ infraId }) => !seen.has(infraId) && !unread.includes(infraId));
    const closed: string[] = [];
    for (const { id, infraId } of vanished) {
      const rows = await tx.query(closeOrphan, { id, closedAs: inUse.has(infraId) ? 'IN_USE' : 'GONE' });
      if (rows.length > 0) closed.push(infraId);
    }
    await announce(services, tx, cloud.kind, account);
    return closed;
  });
}

/** Tells the targets of notifications about orphans that can be swept now, each once. */
async function announce(
  { orphans: { confirmMs, minAgeMs } }: OrphanServices,
  tx: Tx,
  cloud: string,
  account: string,
): Promise<void> {
  const orphans = await tx.query(announceOrphans, { confirmMs, minAgeMs, cloud, account });
  if (orphans.length === 0) return;
  await publishNotification(tx, {
    type: 'orphans.found',
    team: null,
    subject: account,
    subjectName: `${cloud} ${account}`,
    data: {
      cloud,
      account,
      orphans,
      dailyCost: orphans.reduce((sum, { dailyCost: each }) => sum + each, 0),
      mode: cloud === 'sandbox' ? 'sandbox' : 'real',
    },
  });
}

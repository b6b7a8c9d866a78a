import type { components, operations } from '../../../contract/api.gen.ts';
import { requireReason } from '../../kernel/approvals/approvals.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { ORPHAN_SWEEP_JOB } from '../job-types.ts';
import { infraOwner } from '../orphans/orphan-owner.ts';
import { removable } from '../orphans/orphan-resource.ts';
import { readKnown } from '../orphans/sighting.ts';
import { type SweepRefusal, sweepRefusal } from '../orphans/sweep-refusal.ts';
import { countSweeps, lockSweeps, setSweepJob } from '../store/orphan-sweeps.sql.ts';
import { lockOrphan, type OrphanRow } from '../store/orphans.sql.ts';
import type { ClusterServices } from './cluster-services.ts';
import { presentOrphan, presentResource, readOrphan, resourcesOf, statusParameters } from './orphans.ts';

type Schemas = components['schemas'];
type SweepBody = operations['sweepOrphans']['requestBody']['content']['application/json'];

/** Shows what a sweep would remove, what it would keep and why, and what would be refused. Changes nothing. */
export async function planSweep(
  services: ClusterServices,
  { orphans: wanted }: SweepBody,
): Promise<Schemas['OrphanSweeps']> {
  const items: Schemas['OrphanSweeps']['items'] = [];
  for (const { id, infraId } of wanted) {
    const row = await readOrphan(services.db, services.orphans, id);
    assertConfirmed(row, infraId);
    const refusal = await refusalOf(services, services.db, row);
    items.push({ ...presentSweep(row, refusal), job: null });
  }
  return { items };
}

/**
 * Accepts the sweep of each, or of none. Every job reads everything again before it removes anything.
 * @throws AppError STATE_CONFLICT with a reason for each that cannot be swept, POLICY_VIOLATION beyond the limit
 */
export async function sweepOrphans(
  services: ClusterServices,
  tx: Tx,
  caller: Caller,
  { orphans: wanted, reason: given }: SweepBody,
): Promise<Schemas['OrphanSweeps']> {
  const reason = requireReason(given ?? '', 'A sweep');
  await assertWithinLimit(services, tx, wanted.length);
  const rows: OrphanRow[] = [];
  for (const { id, infraId } of [...wanted].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    await services.queue.lockLane(tx, id);
    const [row] = await tx.query(lockOrphan, { ...statusParameters(services.orphans), id });
    if (!row) throw new AppError('NOT_FOUND', `There is no orphan ${id}.`);
    assertConfirmed(row, infraId);
    rows.push(row);
  }
  const refusals = await Promise.all(rows.map((row) => refusalOf(services, tx, row)));
  assertNoneRefused(rows, refusals);
  const items: Schemas['OrphanSweeps']['items'] = [];
  for (const row of rows) items.push(await requestSweep(services, tx, caller, row, reason));
  return { items };
}

async function requestSweep(
  { queue, orphans }: ClusterServices,
  tx: Tx,
  caller: Caller,
  row: OrphanRow,
  reason: string,
): Promise<Schemas['OrphanSweeps']['items'][number]> {
  const { id, infraId, account, region } = row;
  const jobId = await queue.enqueue(tx, {
    resourceId: id,
    resourceName: infraId,
    // Only who may see every team sees it.
    team: PLATFORM_STREAM,
    type: ORPHAN_SWEEP_JOB,
    requestedBy: caller.principal,
    traceparent: caller.traceparent,
  });
  await tx.query(setSweepJob, { id, jobId });
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'orphan.sweep',
    target: id,
    status: 'SUCCESS',
    metadata: { infraId, account, region, reason, jobId, resources: resourcesOf(row).length },
  });
  const accepted = await readOrphan(tx, orphans, id);
  return { ...presentSweep(accepted, undefined), job: await readJob(tx, jobId, null) };
}

/** A wrong infraID is a mistake in the id: nothing is swept. */
function assertConfirmed(row: OrphanRow, infraId: string): void {
  if (row.infraId === infraId) return;
  throw new AppError('POLICY_VIOLATION', `Orphan ${row.id} is ${row.infraId}, not ${infraId}.`, {
    errors: [
      {
        field: 'orphans',
        code: 'INFRA_ID_MISMATCH',
        message: `the infraID of ${row.id}`,
        allowed: [row.infraId],
      },
    ],
  });
}

async function assertWithinLimit({ orphans }: ClusterServices, tx: Tx, wanted: number): Promise<void> {
  await tx.query(lockSweeps, {});
  const [running] = await tx.query(countSweeps, {});
  const { count = 0 } = running ?? {};
  if (count + wanted <= orphans.sweepLimit) return;
  throw new AppError(
    'POLICY_VIOLATION',
    `At most ${orphans.sweepLimit} orphans are swept at the same time; ${count} are under way, ${wanted} were requested.`,
    {
      errors: [
        {
          field: 'orphans',
          code: 'TOO_MANY',
          message: 'wait for the others, or raise OCPCTL_ORPHAN_SWEEP_LIMIT',
          allowed: [`1..${Math.max(0, orphans.sweepLimit - count)}`],
        },
      ],
    },
  );
}

async function refusalOf(
  services: ClusterServices,
  db: Queryable,
  row: OrphanRow,
): Promise<(Pick<SweepRefusal, 'message'> & { readonly code: string }) | undefined> {
  if (row.closedAt !== null || row.status === 'SWEEPING')
    return { code: 'STATE_CONFLICT', message: `${row.infraId} is ${row.status}` };
  const known = await readKnown({ ...services, db }, row.cloud, row.account);
  const clusterTag = row.clusterId === null ? [] : [{ ClusterId: row.clusterId }];
  const { kind, ...owner } = infraOwner({ infraId: row.infraId, tags: clusterTag }, known);
  return sweepRefusal(
    row,
    {
      // The tags are read again by the job; here the owner is what the last scan found, unless a living cluster has it now.
      owner: kind === 'living' && 'clusterId' in owner ? { kind, clusterId: owner.clusterId } : ownerOf(row),
      resources: resourcesOf(row),
      known,
      now: await readDatabaseTime(db),
    },
    services.orphans,
  );
}

const ownerOf = ({ ownership }: OrphanRow) =>
  ownership === 'OURS' ? ({ kind: 'ours', cluster: undefined } as const) : ({ kind: 'foreign' } as const);

function assertNoneRefused(
  rows: readonly OrphanRow[],
  refusals: readonly ({ readonly code: string; readonly message: string } | undefined)[],
): void {
  const errors = refusals.flatMap((refusal, at) =>
    refusal === undefined
      ? []
      : [{ field: `orphans.${rows[at]?.infraId}`, code: refusal.code, message: refusal.message }],
  );
  const [first] = errors;
  if (first === undefined) return;
  throw new AppError('STATE_CONFLICT', `Nothing is swept: ${first.message}.`, { errors });
}

function presentSweep(
  row: OrphanRow,
  refusal: { readonly code: string; readonly message: string } | undefined,
): Omit<Schemas['OrphanSweeps']['items'][number], 'job'> {
  const resources = resourcesOf(row).map(presentResource);
  return {
    orphan: presentOrphan(row),
    remove: removable(resources),
    keep: resources.filter(({ keep }) => keep !== null),
    refusal: refusal ?? null,
  };
}

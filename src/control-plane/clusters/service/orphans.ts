import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { requireReason } from '../../kernel/approvals/approvals.ts';
import { audit, PLATFORM_STREAM } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { presentJobError } from '../../kernel/jobs/job-reader.ts';
import { Listing } from '../../kernel/listing.ts';
import { type OrphanResource, orphanResourcesSchema, removable } from '../orphans/orphan-resource.ts';
import type { ResolvedRequest } from '../policy/cluster-request.ts';
import { findSweepOfName, getSweepProof } from '../store/orphan-sweeps.sql.ts';
import {
  getOrphan,
  listOrphans,
  lockOrphan,
  type OrphanRow,
  setOrphanIgnored,
} from '../store/orphans.sql.ts';
import type { ClusterServices, OrphanRules } from './cluster-services.ts';
import { proofSchema } from './read.ts';

type Schemas = components['schemas'];
type ListQuery = NonNullable<operations['listOrphans']['parameters']['query']>;
type IgnoreBody = operations['ignoreOrphan']['requestBody']['content']['application/json'];

const ORPHANS = new Listing('orphans', z.string().max(40));

export async function listOrphanPage(
  { db, orphans }: Pick<ClusterServices, 'db' | 'orphans'>,
  caller: Caller,
  query: ListQuery,
): Promise<{ items: Schemas['Orphan'][]; nextCursor: string | null }> {
  const limit = query.limit ?? 50;
  const rows = await db.query(listOrphans, {
    ...statusParameters(orphans),
    before: ORPHANS.decodeCursor(query.cursor, caller.principal) ?? null,
    status: query.status ?? null,
    limit: limit + 1,
  });
  const page = ORPHANS.page(rows, limit, caller.principal, ({ id }) => id);
  return { items: page.rows.map(presentOrphan), nextCursor: page.nextCursor };
}

/** @throws AppError NOT_FOUND */
export async function readOrphanDetails(
  { db, orphans }: Pick<ClusterServices, 'db' | 'orphans'>,
  id: string,
): Promise<Schemas['OrphanDetails']> {
  const row = await readOrphan(db, orphans, id);
  return { orphan: presentOrphan(row), resources: resourcesOf(row).map(presentResource) };
}

export async function readOrphan(db: Queryable, rules: OrphanRules, id: string): Promise<OrphanRow> {
  const [row] = await db.query(getOrphan, { ...statusParameters(rules), id });
  if (!row) throw new AppError('NOT_FOUND', `There is no orphan ${id}.`);
  return row;
}

/** The signed proof that a sweep left nothing. @throws AppError NOT_FOUND, which says why there is none */
export async function readSweepProof(
  { db, orphans }: Pick<ClusterServices, 'db' | 'orphans'>,
  id: string,
): Promise<Schemas['DestroyProof']> {
  const { infraId, status } = await readOrphan(db, orphans, id);
  const [found] = await db.query(getSweepProof, { id });
  if (found) return proofSchema.parse(found.proof);
  throw new AppError(
    'NOT_FOUND',
    `Orphan ${infraId} has no proof: it is ${status}. The proof is written when it becomes SWEPT.`,
  );
}

/** Ignores an orphan until that is undone: it is listed as IGNORED, and cannot be swept. */
export async function ignoreOrphan(
  { orphans }: Pick<ClusterServices, 'orphans'>,
  tx: Tx,
  caller: Caller,
  id: string,
  { ignored, reason: given }: IgnoreBody,
): Promise<Schemas['Orphan']> {
  const [row] = await tx.query(lockOrphan, { ...statusParameters(orphans), id });
  if (!row) throw new AppError('NOT_FOUND', `There is no orphan ${id}.`);
  assertIgnorable(row);
  const reason = given === undefined ? null : requireReason(given, 'Ignoring an orphan');
  await tx.query(setOrphanIgnored, {
    id,
    by: ignored ? caller.principal : null,
    reason: ignored ? reason : null,
  });
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'orphan.ignore',
    target: id,
    status: 'SUCCESS',
    metadata: { infraId: row.infraId, account: row.account, ignored, reason },
  });
  return presentOrphan(await readOrphan(tx, orphans, id));
}

/** Shows the orphan as it would be. */
export async function planIgnore(
  { db, orphans }: Pick<ClusterServices, 'db' | 'orphans'>,
  { principal }: Caller,
  id: string,
  { ignored, reason }: IgnoreBody,
): Promise<Schemas['Orphan']> {
  const row = await readOrphan(db, orphans, id);
  assertIgnorable(row);
  const at = (await readDatabaseTime(db)).toISOString();
  return { ...presentOrphan(row), ignored: ignored ? { at, by: principal, reason: reason ?? null } : null };
}

function assertIgnorable({ infraId, status, closedAt }: OrphanRow): void {
  if (closedAt !== null || status === 'SWEEPING')
    throw new AppError('STATE_CONFLICT', `Orphan ${infraId} is ${status}.`);
}

/** The parameters of the statements that tell the status of an orphan. */
export function statusParameters({ confirmMs, minAgeMs }: OrphanRules): {
  confirmMs: number;
  minAgeMs: number;
} {
  return { confirmMs, minAgeMs };
}

export function resourcesOf({ resources }: OrphanRow): OrphanResource[] {
  return orphanResourcesSchema.parse(resources);
}

export function presentResource({ blocks: _, ...shown }: OrphanResource): Schemas['OrphanResource'] {
  return shown;
}

export function presentOrphan(row: OrphanRow): Schemas['Orphan'] {
  return {
    id: row.id,
    infraId: row.infraId,
    account: row.account,
    region: row.region,
    dailyCost: row.dailyCost,
    sightings: row.sightings,
    clusterId: row.clusterId,
    clusterName: row.clusterName,
    baseDomain: row.baseDomain,
    owner: row.owner,
    team: row.team,
    status: row.status as Schemas['OrphanStatus'],
    cloud: row.cloud as Schemas['Orphan']['cloud'],
    platform: row.platform as Schemas['Platform'],
    resourceCount: removable(resourcesOf(row)).length,
    firstSeenAt: row.firstSeenAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    oldestAt: row.oldestAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    ignored:
      row.ignoredAt === null
        ? null
        : { at: row.ignoredAt.toISOString(), by: row.ignoredBy ?? '', reason: row.ignoreReason },
    lastSweep:
      row.jobId === null
        ? null
        : {
            jobId: row.jobId,
            status: row.jobStatus as Schemas['JobStatus'],
            error: presentJobError(row.errorCode, row.errorMessage),
          },
  };
}

/** @throws AppError NAME_TAKEN while a sweep removes what is left of a cluster of this name */
export async function assertNotSwept(
  tx: Tx,
  { name, baseDomain, platform }: Pick<ResolvedRequest, 'name' | 'baseDomain' | 'platform'>,
): Promise<void> {
  const [sweep] = await tx.query(findSweepOfName, { name, baseDomain, platform });
  if (sweep === undefined) return;
  const message = `Job ${sweep.jobId} removes orphan ${sweep.infraId}, a former cluster ${name}.${baseDomain}.`;
  throw new AppError('NAME_TAKEN', message, {
    errors: [
      { field: 'name', code: 'NAME_TAKEN', message: 'the name is free again when that job has ended' },
    ],
  });
}

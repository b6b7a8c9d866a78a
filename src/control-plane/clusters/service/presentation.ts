import type { components } from '../../../contract/api.gen.ts';
import { CLUSTER_STATUSES, type ClusterStatus } from '../../../contract/statuses.ts';
import { apiJobType } from '../../kernel/jobs/job.ts';
import { presentJobError, presentWaitingReason } from '../../kernel/jobs/job-reader.ts';
import { dollars, type MicroDollars, microDollars } from '../../kernel/usage/money.ts';
import type { SetValues } from '../policy/set-values.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';

type Schemas = components['schemas'];
export type ApiCluster = Schemas['Cluster'];

/** Their destroy was requested: neither their deadline nor a keepalive matters any more. */
export const UNDER_DESTRUCTION: ReadonlySet<string> = new Set(['DESTROYING', 'DESTROY_FAILED', 'DESTROYED']);

export interface TimelineEntry {
  readonly to: string;
  readonly at: Date;
  readonly reason: string;
}

/** @returns the status, known to be one of ours: the database checks it on every write. */
export function clusterStatus(text: string): ClusterStatus {
  const status = CLUSTER_STATUSES.find((known) => known === text);
  if (!status) throw new TypeError(`the database holds an unknown cluster status: ${text}`);
  return status;
}

/** What a cluster has been through, oldest first, and what it has cost. */
export interface ClusterHistory {
  readonly timeline: readonly TimelineEntry[];
  readonly cost: MicroDollars;
}

/** The API's view of a cluster, without its off-hours; `now` is the database's time. */
export function presentCluster(
  row: ClusterRow,
  { timeline, cost }: ClusterHistory,
  now: Date,
): Omit<ApiCluster, 'offhours'> {
  return {
    id: row.id,
    name: row.name,
    platform: row.platform as ApiCluster['platform'],
    version: row.version,
    profile: row.profile,
    region: row.region,
    baseDomain: row.baseDomain,
    owner: row.owner,
    team: row.team,
    costCenter: row.costCenter,
    status: clusterStatus(row.status),
    requestedBy: row.requestedBy,
    ttlHours: rounded(row.ttlHours),
    destroyAt: row.destroyAt.toISOString(),
    keepalive: presentKeepalive(row),
    destroyReason: destroyReason(timeline),
    destroyRetryAt:
      row.status === 'DESTROY_FAILED' && row.abandonedAt === null
        ? (row.destroyRetryAt ?? now).toISOString()
        : null,
    tags: {
      requested: byKey(row.requestedTags as Record<string, string>),
      effective: byKey(row.effectiveTags as Record<string, string>),
    },
    sshPublicKey: row.sshPublicKey,
    onFailure: row.onFailure as ApiCluster['onFailure'],
    infraId: row.infraId,
    workerReplicas: row.workerReplicas,
    requestedWorkers: row.requestedWorkers,
    set: byKey(row.setValues as SetValues),
    hourlyCost: row.hourlyCost,
    costToDate: dollars(cost),
    costAtExpiry: costAtExpiry(row, cost, now),
    lastOperation: {
      jobId: row.jobId,
      type: row.jobType === null ? null : apiJobType(row.jobType),
      status: row.jobStatus,
      error: presentJobError(row.errorCode, row.errorMessage),
      waitingReason: presentWaitingReason({ ...row, type: row.jobType }),
    },
    lastFailure: presentLastFailure(row),
    abandoned:
      row.abandonedAt === null
        ? null
        : {
            at: row.abandonedAt.toISOString(),
            by: row.abandonedBy ?? '',
            reason: row.abandonReason ?? '',
          },
    mode: row.cloud === 'sandbox' ? 'sandbox' : 'real',
    cloudAccount: row.cloudAccount,
    cloudPrincipal: row.cloudPrincipal,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    readyAt: row.readyAt?.toISOString() ?? null,
    destroyedAt: row.destroyedAt?.toISOString() ?? null,
  };
}

function presentLastFailure(row: ClusterRow): NonNullable<ApiCluster['lastFailure']> | null {
  const { failedJobId: jobId, failedJobType: type, failedAt } = row;
  // A job that has no recorded error did not fail.
  const error = presentJobError(row.failedCode, row.failedMessage);
  if (jobId === null || type === null || failedAt === null || error === null) return null;
  return { jobId, type: apiJobType(type), ...error, at: failedAt.toISOString() };
}

/** Null when the cluster does not depend on its client. */
function presentKeepalive(row: ClusterRow): ApiCluster['keepalive'] {
  const { status, destroyAt, keepaliveMinutes: minutes, keepaliveRenewedAt, keepaliveEnd } = row;
  if (minutes === null || keepaliveRenewedAt === null || UNDER_DESTRUCTION.has(status)) return null;
  const expiresAt = keepaliveEnd !== null && keepaliveEnd < destroyAt ? keepaliveEnd : destroyAt;
  return { minutes, renewedAt: keepaliveRenewedAt.toISOString(), expiresAt: expiresAt.toISOString() };
}

/** Why the destroy was requested; those that repeat a failed one have the same cause. A cluster that had not begun has no DESTROYING. */
export function destroyReason(timeline: readonly TimelineEntry[]): string | null {
  const first = (status: ClusterStatus) => timeline.find(({ to }) => to === status);
  return (first('DESTROYING') ?? first('DESTROYED'))?.reason ?? null;
}

/** At the rate of now; null for a cluster that does not end by itself, and for one that is gone. */
function costAtExpiry(row: ClusterRow, costToDate: MicroDollars, now: Date): number | null {
  if (row.status === 'DESTROYED' || row.provenEmptyAt !== null || row.abandonedAt !== null) return null;
  const endsAt = presentKeepalive(row)?.expiresAt ?? row.destroyAt;
  const left = Math.max(0, new Date(endsAt).getTime() - now.getTime()) / 3_600_000;
  return dollars(costToDate + Math.round(microDollars(row.hourlyCost) * left));
}

/** After an extension it is the difference of two times: a part of a second would show as 47.99999999. */
function rounded(hours: number): number {
  return Math.round(hours * 10_000) / 10_000;
}

/** jsonb keeps keys in an order of its own. */
function byKey<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

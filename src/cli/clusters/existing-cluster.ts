import type { Cluster, ClusterAccepted } from '../../contract/documents.ts';
import { shortDuration } from '../../contract/duration.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Session } from '../session.ts';
import type { ClusterRequestBody } from './cluster-request.ts';
import { fetchJob } from './resolve.ts';

/** What a request asked for and an existing cluster does not have. */
export interface ClusterDifference {
  /** As in the request: `workers`, `tags.purpose`. */
  readonly field: string;
  readonly requested: string | number | boolean;
  readonly actual: string | number | boolean | null;
  /** The command that changes it; null if it is fixed when a cluster is created. */
  readonly change: string | null;
}

export interface ExistingCluster extends ClusterAccepted {
  readonly alreadyExists: true;
  readonly differences: readonly ClusterDifference[];
}

const USABLE = new Set(['PENDING', 'CREATING', 'READY', 'SCALING']);

/**
 * The cluster of a request with `--if-not-exists`, if there is one of its name.
 * @throws CliError STATE_CONFLICT if it cannot be used, or differs in something that cannot be changed any more
 */
export async function findExistingCluster(
  session: Session,
  request: ClusterRequestBody,
): Promise<ExistingCluster | undefined> {
  const { client } = session;
  const query = { name: request.name, status: ['ACTIVE' as const] };
  const { data } = await client.GET('/v1/clusters', { params: { query } });
  const cluster = data.items.find(
    ({ baseDomain }) => request.baseDomain === undefined || request.baseDomain === baseDomain,
  );
  if (cluster === undefined) return undefined;
  session.actOn({ cluster });
  const shown = `'ocpctl get ${cluster.name}' shows the existing cluster`;
  if (!USABLE.has(cluster.status))
    throw new CliError(
      'STATE_CONFLICT',
      `cluster "${cluster.name}" already exists and is ${cluster.status}`,
      { exitCode: EXIT.conflict, hint: `choose another name; ${shown}` },
    );
  const differences = differencesOf(request, cluster);
  const fixed = differences.filter(({ change }) => change === null);
  if (fixed.length > 0)
    throw new CliError('STATE_CONFLICT', `cluster "${cluster.name}" already exists with other settings`, {
      exitCode: EXIT.conflict,
      hint: `choose another name, or omit these flags; ${shown}`,
      details: fixed.map((difference) => ({
        field: difference.field,
        code: 'DIFFERENT',
        message: differenceText(difference),
      })),
    });
  const { jobId } = cluster.lastOperation;
  return {
    cluster,
    job: jobId === null ? null : await fetchJob(client, jobId),
    alreadyExists: true,
    differences,
  };
}

/** `5 requested, the cluster has 3` */
export function differenceText({ field, requested, actual }: ClusterDifference): string {
  if (field === 'sshPublicKey') return 'the cluster has another key, or none';
  const text = (value: string | number | boolean | null) => {
    if (value === null) return 'none';
    if (field === 'ttlHours') return shortDuration(Number(value) * 3_600_000);
    if (field === 'keepaliveMinutes') return shortDuration(Number(value) * 60_000);
    return String(value);
  };
  return `${text(requested)} requested, the cluster has ${text(actual)}`;
}

/** What the server filled in is not compared, nor what the cluster has besides. */
function differencesOf(request: ClusterRequestBody, cluster: Cluster): ClusterDifference[] {
  const { name } = cluster;
  const expiresAt = new Date(Date.parse(cluster.createdAt) + (request.ttlHours ?? 0) * 3_600_000);
  const candidates = [
    fixedField('profile', request.profile, cluster.profile),
    fixedField('version', request.version, cluster.version),
    fixedField('region', request.region, cluster.region),
    fixedField('team', request.team, cluster.team),
    fixedField('owner', request.owner, cluster.owner),
    fixedField('costCenter', request.costCenter, cluster.costCenter),
    ...Object.entries(request.tags ?? {}).map(([key, value]) =>
      fixedField(`tags.${key}`, value, cluster.tags.requested[key]),
    ),
    ...Object.entries(request.set ?? {}).map(([key, value]) =>
      fixedField(`set.${key}`, value, cluster.set?.[key]),
    ),
    fixedField('sshPublicKey', request.sshPublicKey, cluster.sshPublicKey),
    fixedField('onFailure', request.onFailure, cluster.onFailure),
    {
      ...fixedField('workers', request.workers, cluster.offhours?.workersInHours ?? cluster.requestedWorkers),
      change: `ocpctl scale ${name} --workers ${request.workers}`,
    },
    {
      ...fixedField('ttlHours', rounded(request.ttlHours), cluster.ttlHours),
      change: `ocpctl extend ${name} --until ${expiresAt.toISOString()}`,
    },
    {
      ...fixedField('offhours', request.offhours, cluster.offhours?.optedIn ?? false),
      change: `ocpctl offhours opt-in ${name}`,
    },
    {
      ...fixedField('keepaliveMinutes', request.keepaliveMinutes, cluster.keepalive?.minutes),
      change: `ocpctl keepalive ${name} --set ${request.keepaliveMinutes}m`,
    },
  ];
  return candidates.flatMap(({ field, requested, actual, change }) =>
    requested === undefined || requested === actual ? [] : [{ field, requested, actual, change }],
  );
}

function fixedField<T extends string | number | boolean>(
  field: string,
  requested: T | undefined,
  actual: T | null | undefined,
) {
  return { field, requested, actual: actual ?? null, change: null as string | null };
}

/** As the API shows it. */
function rounded(hours: number | undefined): number | undefined {
  return hours === undefined ? undefined : Math.round(hours * 10_000) / 10_000;
}

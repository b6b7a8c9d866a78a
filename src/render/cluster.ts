import type { Cluster, ClusterAccepted, ClusterOutputs } from '../contract/documents.ts';
import { age, ageColumn, formatDollars, hourlyText, longTime, relativeTime } from './format.ts';
import { clusterExpiresAt } from './keepalive.ts';
import { nextScaleText } from './offhours.ts';
import { statusStyle } from './paint.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

/** The table of `ocpctl list`. @param whenEmpty said instead of it */
export function clusterList(
  clusters: readonly Cluster[],
  now: Date,
  whenEmpty = 'No clusters.',
): ListView<Cluster> {
  return listView({
    document: listDocument(clusters),
    rows: clusters,
    columns: clusterColumns(now),
    name: (cluster) => cluster.name,
    whenEmpty,
  });
}

function clusterColumns(now: Date): readonly TableColumn<Cluster>[] {
  return [
    { header: 'NAME', text: ({ name }) => name },
    {
      header: 'STATUS',
      text: statusText,
      exact: ({ status }) => status,
      style: ({ status }) => statusStyle(status),
    },
    { header: 'PROFILE', fit: 'first', text: ({ profile }) => profile },
    { header: 'VERSION', fit: 'first', text: ({ version }) => version },
    { header: 'OWNER', fit: 'first', text: ({ owner }) => owner },
    { ...ageColumn(({ createdAt }) => createdAt, now), fit: 'first' },
    { header: 'EXPIRES', text: (cluster) => expiryText(cluster, now), exact: clusterExpiresAt },
    { header: 'ID', text: ({ id }) => id, wide: true },
    { header: 'REGION', text: ({ region }) => region, wide: true },
    { header: 'TEAM', text: ({ team }) => team, wide: true },
    {
      header: 'WORKERS',
      text: workersText,
      exact: ({ workerReplicas }) => String(workerReplicas),
      wide: true,
      align: 'right',
    },
    {
      header: 'NEXT SCALE',
      text: (cluster) => nextScaleText(cluster, now),
      exact: ({ offhours }) => offhours?.next?.at ?? '',
      wide: true,
    },
    {
      header: '$/H',
      key: 'hourly_cost',
      text: ({ hourlyCost }) => hourlyCost.toFixed(2),
      exact: ({ hourlyCost }) => String(hourlyCost),
      wide: true,
      align: 'right',
    },
    {
      header: 'COST',
      text: ({ costToDate }) => costToDate.toFixed(2),
      exact: ({ costToDate }) => String(costToDate),
      wide: true,
      align: 'right',
    },
    {
      header: 'AT EXPIRY',
      text: ({ costAtExpiry }) => costAtExpiry?.toFixed(2) ?? '',
      exact: ({ costAtExpiry }) => (costAtExpiry === null ? '' : String(costAtExpiry)),
      wide: true,
      align: 'right',
    },
    {
      header: 'REASON',
      text: ({ lastFailure }) => lastFailure?.code ?? '',
      exact: ({ lastFailure }) => (lastFailure ? `${lastFailure.code}: ${lastFailure.message}` : ''),
      wide: true,
    },
  ];
}

/** How many workers exist, and how many were asked for if that is another number. */
export function workersText({ workerReplicas, requestedWorkers }: Cluster): string {
  return requestedWorkers === workerReplicas
    ? String(workerReplicas)
    : `${workerReplicas} (${requestedWorkers} requested)`;
}

/** The status, marked if the cluster is abandoned. */
function statusText({ status, abandoned }: Cluster): string {
  return abandoned !== null && status === 'DESTROY_FAILED' ? `${status} (abandoned)` : status;
}

/** When the cluster expires; empty once it is destroyed or abandoned. */
export function expiryText(cluster: Cluster, now: Date): string {
  return cluster.status === 'DESTROYED' || cluster.abandoned !== null
    ? ''
    : relativeTime(clusterExpiresAt(cluster), now);
}

/** A cluster in one line, for the question whether to destroy it. */
export function clusterSummary(cluster: Cluster, now: Date): string {
  const { name, id, profile, owner, createdAt, costToDate, hourlyCost } = cluster;
  return [
    `${name} (${id})`,
    statusText(cluster),
    profile,
    `owner ${owner}`,
    `created ${age(createdAt, now)} ago`,
    `${formatDollars(costToDate)} so far`,
    hourlyText(hourlyCost),
  ].join(' · ');
}

/** The result of `create`: NAME ID STATUS JOB EXPIRES. */
export function createdCluster(accepted: ClusterAccepted, now: Date): ListView<ClusterAccepted> {
  return listView({
    document: accepted,
    rows: [accepted],
    columns: [
      { header: 'NAME', text: ({ cluster }) => cluster.name },
      { header: 'ID', fit: 'whole', text: ({ cluster }) => cluster.id },
      statusColumn(({ cluster }: ClusterAccepted) => cluster.status),
      {
        header: 'JOB',
        fit: 'whole',
        text: ({ cluster, job }) => job?.id ?? cluster.lastOperation.jobId ?? '',
      },
      {
        header: 'EXPIRES',
        text: ({ cluster }) => expiryText(cluster, now),
        exact: ({ cluster }) => clusterExpiresAt(cluster),
      },
    ],
    name: ({ cluster }) => cluster.name,
  });
}

/** The result of `destroy`: NAME STATUS JOB, always a list. */
export function destroyedClusters(accepted: readonly ClusterAccepted[]): ListView<ClusterAccepted> {
  return listView({
    document: listDocument(accepted),
    rows: accepted,
    columns: [
      { header: 'NAME', text: ({ cluster }) => cluster.name },
      {
        header: 'STATUS',
        text: ({ cluster }) => statusText(cluster),
        exact: ({ cluster }) => cluster.status,
        style: ({ cluster }) => statusStyle(cluster.status),
      },
      { header: 'JOB', fit: 'whole', text: ({ job }) => job?.id ?? '' },
    ],
    name: ({ cluster }) => cluster.name,
  });
}

export interface ScaledCluster {
  readonly accepted: ClusterAccepted;
  /** Numbers of workers. */
  readonly from: number;
  readonly to: number;
}

/** The result of `scale`: NAME FROM TO JOB. */
export function scaledCluster(scaled: ScaledCluster): ListView<ScaledCluster> {
  return listView({
    document: scaled.accepted,
    rows: [scaled],
    columns: [
      { header: 'NAME', text: ({ accepted }) => accepted.cluster.name },
      { header: 'FROM', text: ({ from }) => String(from), align: 'right' },
      { header: 'TO', text: ({ to }) => String(to), align: 'right' },
      { header: 'JOB', fit: 'whole', text: ({ accepted }) => accepted.job?.id ?? '' },
    ],
    name: ({ accepted }) => accepted.cluster.name,
  });
}

export interface ExtendedCluster {
  readonly cluster: Cluster;
  readonly previousDestroyAt: string;
}

/** The result of `extend`: NAME WAS EXPIRES. */
export function extendedCluster(extension: ExtendedCluster, now: Date): ListView<ExtendedCluster> {
  return listView({
    document: extension,
    rows: [extension],
    columns: [
      { header: 'NAME', text: ({ cluster }) => cluster.name },
      {
        header: 'WAS',
        text: ({ previousDestroyAt }) => longTime(previousDestroyAt, now),
        exact: ({ previousDestroyAt }) => previousDestroyAt,
      },
      {
        header: 'EXPIRES',
        text: ({ cluster }) => longTime(cluster.destroyAt, now),
        exact: ({ cluster }) => cluster.destroyAt,
      },
    ],
    name: ({ cluster }) => cluster.name,
  });
}

/** The result of `wait` for a cluster: NAME STATUS. */
export function awaitedCluster(cluster: Cluster): ListView<Cluster> {
  return listView({
    document: cluster,
    rows: [cluster],
    columns: [{ header: 'NAME', text: ({ name }) => name }, statusColumn(({ status }: Cluster) => status)],
    name: ({ name }) => name,
  });
}

function statusColumn<Row>(status: (row: Row) => string): TableColumn<Row> {
  return { header: 'STATUS', text: status, style: (row) => statusStyle(status(row)) };
}

/** The table of `ocpctl outputs`: KEY VALUE. */
export function outputsView(outputs: ClusterOutputs, name: string): ListView<readonly [string, string]> {
  const rows = Object.entries(outputs).map(([key, value]) => [key, value ?? ''] as const);
  return listView({
    document: outputs,
    rows,
    columns: [
      { header: 'KEY', text: ([key]) => key },
      { header: 'VALUE', fit: 'never', text: ([, value]) => value },
    ],
    name: () => name,
  });
}

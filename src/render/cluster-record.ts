import type { Cluster, ClusterEvent, ClusterOutputs, Residue, Transition } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { workersText } from './cluster.ts';
import { countText, dateTime, formatDollars, longTime, relativeTime } from './format.ts';
import { isBoundByExpiry, keepaliveField } from './keepalive.ts';
import { offhoursBlock } from './offhours.ts';
import { statusStyle } from './paint.ts';
import { renderTable } from './table.ts';
import { type Block, type RecordView, recordView, type TableColumn } from './view.ts';

/** The blocks of `ocpctl get`; optional parts only if they were requested. */
export function clusterRecord(
  cluster: Cluster,
  parts: {
    readonly outputs?: ClusterOutputs | undefined;
    readonly transitions?: readonly Transition[] | undefined;
    readonly events?: readonly ClusterEvent[] | undefined;
    readonly residue?: Residue | undefined;
  },
  now: Date,
): RecordView {
  const { outputs, transitions, events, residue } = parts;
  const operation = cluster.lastOperation;
  const blocks: Block[] = [
    {
      title: cluster.mode === 'sandbox' ? 'Cluster (sandbox: simulated cloud)' : 'Cluster',
      fields: [
        ['Name', cluster.name],
        ['Id', cluster.id],
        ['Profile', `${cluster.profile} (${cluster.platform})`],
        ['Version', cluster.version],
        ['Region', cluster.region],
        ['Base domain', cluster.baseDomain],
        ['Workers', workersText(cluster)],
        ['Owner', `${cluster.owner} (team ${cluster.team}, cost center ${cluster.costCenter})`],
        ['Requested by', cluster.requestedBy],
        ['Infra id', cluster.infraId ?? ''],
        ...(cluster.mode === 'real' && cluster.cloudAccount
          ? ([['Account', `${cluster.cloudAccount} (${cluster.cloudPrincipal ?? ''})`]] as const)
          : []),
      ],
    },
    {
      title: 'Status',
      fields: [
        ['Status', cluster.status, statusStyle(cluster.status)],
        ...(cluster.abandoned
          ? ([
              ['Abandoned', `${longTime(cluster.abandoned.at, now)} by ${cluster.abandoned.by}`],
              ['Reason', cluster.abandoned.reason],
            ] as const)
          : []),
        ['Last operation', [operation.type, operation.status].filter((part) => part !== null).join(' ')],
        ['Job', operation.jobId ?? ''],
        ...(cluster.destroyReason ? ([['Destroy reason', cluster.destroyReason]] as const) : []),
        ...(cluster.destroyRetryAt
          ? ([['Next destroy', longTime(cluster.destroyRetryAt, now)]] as const)
          : []),
        ...(operation.waitingReason ? ([['Waiting', operation.waitingReason, 'yellow']] as const) : []),
        ...failureFields(cluster, now),
        ...(operation.error && operation.jobId !== cluster.lastFailure?.jobId
          ? ([['Error', `${operation.error.code}: ${operation.error.message}`, 'red']] as const)
          : []),
      ],
    },
    residueBlock(cluster, residue, now),
    {
      title: 'Endpoints',
      fields: outputs
        ? [
            ['API', outputs.apiUrl ?? ''],
            ['Console', outputs.consoleUrl ?? ''],
            ['Kubeconfig', outputs.kubeconfig ?? ''],
          ]
        : [],
    },
    {
      title: 'Lifetime',
      fields: [
        ['Created', longTime(cluster.createdAt, now)],
        ...(cluster.readyAt ? ([['Ready', longTime(cluster.readyAt, now)]] as const) : []),
        ...expiryField(cluster, now),
        ...keepaliveField(cluster, now),
        ['TTL', shortDuration(cluster.ttlHours * 3_600_000)],
        ['On failure', cluster.onFailure],
      ],
    },
    offhoursBlock(cluster, now),
    {
      title: 'Cost (estimate)',
      fields: [
        ['Per hour', formatDollars(cluster.hourlyCost)],
        ['To date', formatDollars(cluster.costToDate)],
        ...(cluster.costAtExpiry === null
          ? []
          : ([
              [costLabel(cluster), `${formatDollars(cluster.costAtExpiry)} (at the current rate)`],
            ] as const)),
      ],
    },
    { title: 'Set', fields: setFields(cluster.set) },
    { title: 'Tags', fields: tagFields(cluster.platform, cluster.tags.effective) },
    { title: 'Timeline', fields: timeline(transitions ?? [], events ?? []) },
  ];
  const document = {
    ...cluster,
    ...(transitions && { transitions }),
    ...(events && { events }),
    ...(residue && { residue }),
  };
  return recordView({ document, name: cluster.name, blocks });
}

/** The last failed operation, also after what it left was removed; none from a server that does not remember it. */
function failureFields(
  { lastFailure }: Cluster,
  now: Date,
): readonly (readonly [string, string] | readonly [string, string, 'red'])[] {
  if (!lastFailure) return [];
  const { jobId, type, code, message, at } = lastFailure;
  return [
    ['Failed because', `${code}: ${message}`, 'red'],
    [
      'Failed job',
      `${jobId} (${type}, ${relativeTime(at, now)}); its log: ocpctl logs ${jobId} --level warn`,
    ],
  ];
}

/** @returns the fields of the install-config that the request has set; none from a server that has no such field */
export function setFields(set: Cluster['set'] | undefined): readonly (readonly [string, string])[] {
  return Object.entries(set ?? {}).map(([key, value]) => [key, String(value)]);
}

/** @returns the tags of the cloud resources, or why there are none. */
export function tagFields(
  platform: Cluster['platform'],
  tags: Readonly<Record<string, string>>,
): readonly (readonly [string, string])[] {
  return platform === 'ibmcloud' ? [['None', 'clusters on IBM Cloud have no tags']] : Object.entries(tags);
}

/** Transitions and events in the order of time. */
function timeline(
  transitions: readonly Transition[],
  events: readonly ClusterEvent[],
): (readonly [string, string])[] {
  const lines = [
    ...transitions.map(({ at, from, to, reason }) => ({ at, text: `${from ?? 'new'} → ${to}: ${reason}` })),
    ...events.map(({ at, data }) => ({ at, text: `warning: expires ${dateTime(data.destroyAt)}` })),
  ];
  return lines
    .sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
    .map(({ at, text }) => [dateTime(at), text]);
}

/** What comes first: the deadline, or the end of the keepalive. */
function costLabel({ keepalive, ...cluster }: Cluster): string {
  return keepalive === null || isBoundByExpiry(cluster, keepalive) ? 'At expiry' : 'Without renewal';
}

/** In the last hour, the default warning time of profiles, with the way to keep the cluster. */
function expiryField(
  { name, status, destroyAt, destroyedAt, abandoned }: Cluster,
  now: Date,
): readonly (readonly [string, string] | readonly [string, string, 'yellow'])[] {
  if (destroyedAt) return [['Destroyed', longTime(destroyedAt, now)]];
  if (abandoned) return [];
  const expires = longTime(destroyAt, now);
  const leftMs = Date.parse(destroyAt) - now.getTime();
  if (leftMs <= 0 || leftMs > 3_600_000 || status.startsWith('DESTROY')) return [['Expires', expires]];
  return [['Expires', `${expires}; to extend: ocpctl extend ${name} --by 4h`, 'yellow']];
}

/** The resources left by a failed destroy, one per line, and what can be done about them. */
function residueBlock({ name, abandoned }: Cluster, residue: Residue | undefined, now: Date): Block {
  const { items = [], total = 0, foundAt = null } = residue ?? {};
  if (items.length === 0) return { title: 'Residue', fields: [] };
  const columns: readonly TableColumn<Residue['items'][number]>[] = [
    { header: 'TYPE', text: ({ type }) => type },
    { header: 'REGION', text: ({ region }) => region },
    { header: 'ID', text: ({ id }) => id },
    ...(items.some(({ note }) => note !== null)
      ? [{ header: 'NOTE', fit: 'wrap' as const, text: ({ note }: Residue['items'][number]) => note ?? '' }]
      : []),
  ];
  return {
    title: `Residue: ${countText(total, 'cloud resource')} left${foundAt === null ? '' : `, last checked ${longTime(foundAt, now)}`}`,
    fields: [],
    table: (cells) =>
      renderTable(items, columns, { paint: (_style, text) => text, wide: false, columns: cells }),
    notes: [
      ...(total > items.length ? [`and ${total - items.length} more`] : []),
      ...(abandoned
        ? []
        : [
            '',
            `If a destroy does not remove them, remove them in the cloud, then: ocpctl destroy ${name}`,
            `If they cannot be removed, a platform admin can abandon the cluster: ocpctl destroy ${name} --abandon --reason TEXT`,
          ]),
    ],
  };
}

import type { Cluster, ClusterOutputs, Transition } from './documents.ts';
import { shortDuration } from './duration.ts';
import { dayTime, longMoment } from './moment.ts';
import { dollars } from './money.ts';
import { statusStyle } from './paint.ts';
import { type Block, type RecordView, recordView } from './view.ts';

/** The blocks of `ocpctl get`. Outputs and transitions are there when they were asked for. */
export function clusterRecord(
  cluster: Cluster,
  parts: {
    readonly outputs?: ClusterOutputs | undefined;
    readonly transitions?: readonly Transition[] | undefined;
  },
  now: Date,
): RecordView {
  const { outputs, transitions } = parts;
  const operation = cluster.lastOperation;
  const blocks: Block[] = [
    {
      title:
        cluster.mode === 'sandbox'
          ? 'Cluster (sandbox: a simulated cloud holds it)'
          : 'Cluster (real: it costs money)',
      fields: [
        ['Name', cluster.name],
        ['Id', cluster.id],
        ['Profile', `${cluster.profile} (${cluster.platform})`],
        ['Version', cluster.version],
        ['Region', cluster.region],
        ['Base domain', cluster.baseDomain],
        ['Workers', String(cluster.workerReplicas)],
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
        ['Last operation', [operation.type, operation.status].filter((part) => part !== null).join(' ')],
        ['Job', operation.jobId ?? ''],
        ...(operation.error
          ? ([['Error', `${operation.error.code}: ${operation.error.message}`, 'red']] as const)
          : []),
      ],
    },
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
        ['Created', longMoment(cluster.createdAt, now)],
        ...(cluster.readyAt ? ([['Ready', longMoment(cluster.readyAt, now)]] as const) : []),
        ...(cluster.destroyedAt
          ? ([['Destroyed', longMoment(cluster.destroyedAt, now)]] as const)
          : ([['Expires', longMoment(cluster.destroyAt, now)]] as const)),
        ['TTL', shortDuration(cluster.ttlHours * 3_600_000)],
        ['On failure', cluster.onFailure],
        ['Off-hours', cluster.offhoursOptIn ? 'yes' : 'no'],
      ],
    },
    {
      title: 'Cost',
      fields: [
        ['Per hour', dollars(cluster.hourlyCost)],
        ['To date', dollars(cluster.costToDate)],
      ],
    },
    { title: 'Tags', fields: Object.entries(cluster.tags.effective) },
    { title: 'Timeline', fields: (transitions ?? []).map(timelineField) },
  ];
  const document = transitions === undefined ? cluster : { ...cluster, transitions };
  return recordView({ document, name: cluster.name, blocks });
}

function timelineField(move: Transition): readonly [string, string] {
  return [dayTime(move.at), `${move.from ?? 'new'} → ${move.to}: ${move.reason}`];
}

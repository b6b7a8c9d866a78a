import type { ClusterPlan } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { setFields, tagFields } from './cluster-record.ts';
import { formatDollars, formatUnitPrice } from './format.ts';
import { type RecordView, recordView } from './view.ts';

/** The result of `create --dry-run`: resolved request, tags, cost, install-config. */
export async function planRecord(plan: ClusterPlan): Promise<RecordView> {
  const { toYaml } = await import('./yaml.ts');
  const { request } = plan;
  const installConfig = toYaml(plan.installConfig).trimEnd().split('\n');
  return recordView({
    document: plan,
    name: request.name,
    blocks: [
      {
        title: 'Request',
        fields: [
          ['Name', request.name],
          ['Profile', `${request.profile} (${request.platform})`],
          ['Version', request.version],
          ['Region', request.region],
          ['Base domain', request.baseDomain],
          ['Workers', String(request.workerReplicas)],
          ['TTL', shortDuration(request.ttlHours * 3_600_000)],
          ['Owner', `${request.owner} (team ${request.team}, cost center ${request.costCenter})`],
          ['Off-hours', request.offhours ? 'opted in' : 'no'],
          ['On failure', request.onFailure],
          ...(request.keepaliveMinutes === undefined
            ? []
            : [['Keepalive', shortDuration(request.keepaliveMinutes * 60_000)] satisfies [string, string]]),
        ],
      },
      ...(plan.warnings.length === 0 ? [] : [{ title: 'Warnings', notes: plan.warnings, fields: [] }]),
      { title: 'Set', fields: setFields(request.set) },
      { title: 'Tags', fields: tagFields(request.platform, plan.tags) },
      {
        title: 'Cost',
        fields: [
          ...plan.costParts.map(
            (part) =>
              [part.what, `${part.count} x ${formatUnitPrice(part.unitHourly)}/h`] satisfies [string, string],
          ),
          ['Per hour', formatDollars(plan.hourlyCost)],
          [`For ${shortDuration(request.ttlHours * 3_600_000)}`, formatDollars(plan.costForTTL)],
        ],
      },
      { title: 'install-config.yaml', lines: installConfig, fields: [] },
    ],
  });
}

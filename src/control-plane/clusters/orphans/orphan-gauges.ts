import type { GaugeSource } from '../../kernel/telemetry/gauge-source.ts';
import type { OrphanRules } from '../service/cluster-services.ts';
import { measureOrphans } from '../store/orphans.sql.ts';

/** What is left of clusters that have ended or are unknown, and what it costs. */
export function orphanGauges({ confirmMs, minAgeMs }: OrphanRules): GaugeSource {
  return {
    gauges: [
      {
        name: 'orphans',
        help: 'InfraIDs with resources and without a living cluster, by status',
        labels: ['status'],
      },
      {
        name: 'orphans_daily_cost_dollars',
        help: 'Estimated cost per day of those that can be swept, at least',
      },
    ],
    async read(db) {
      const groups = await db.query(measureOrphans, { confirmMs, minAgeMs });
      const confirmed = groups.find(({ status }) => status === 'ORPHANED');
      return [
        ...groups.map(({ status, count }) => ({ name: 'orphans', labels: { status }, value: count })),
        { name: 'orphans_daily_cost_dollars', value: confirmed?.dailyCost ?? 0 },
      ];
    },
  };
}

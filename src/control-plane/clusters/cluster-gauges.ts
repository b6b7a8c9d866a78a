import type { GaugeSource } from '../kernel/telemetry/gauge-source.ts';
import { measureClusters, measureOffhoursFailing, measureOverdueClusters } from './store/metrics.sql.ts';

/** What exists, what it costs, and what outlives its time. */
export const CLUSTER_GAUGES: GaugeSource = {
  gauges: [
    {
      name: 'clusters',
      help: 'Clusters that are not destroyed, by team, profile and status',
      labels: ['team', 'profile', 'status'],
    },
    {
      name: 'clusters_hourly_cost_dollars',
      help: 'Estimated cost per hour of what exists, by team',
      labels: ['team'],
    },
    { name: 'clusters_past_expiry', help: 'Clusters that exist after their expiry' },
    { name: 'clusters_past_expiry_seconds', help: 'How long ago the first of these expired' },
    {
      name: 'clusters_offhours_failing',
      help: 'Clusters that their off-hours schedule cannot scale (three tries failed, or the profile forbids it), by team',
      labels: ['team'],
    },
  ],
  async read(db) {
    const [groups, [overdue], failing] = await Promise.all([
      db.query(measureClusters, {}),
      db.query(measureOverdueClusters, {}),
      db.query(measureOffhoursFailing, {}),
    ]);
    const hourlyCosts = new Map<string, number>();
    for (const { team, hourlyCost } of groups)
      hourlyCosts.set(team, (hourlyCosts.get(team) ?? 0) + hourlyCost);
    return [
      ...groups.map(({ team, profile, status, count }) => ({
        name: 'clusters',
        labels: { team, profile, status },
        value: count,
      })),
      ...[...hourlyCosts].map(([team, value]) => ({
        name: 'clusters_hourly_cost_dollars',
        labels: { team },
        value,
      })),
      { name: 'clusters_past_expiry', value: overdue?.count ?? 0 },
      { name: 'clusters_past_expiry_seconds', value: overdue?.seconds ?? 0 },
      ...failing.map(({ team, count }) => ({
        name: 'clusters_offhours_failing',
        labels: { team },
        value: count,
      })),
    ];
  },
};

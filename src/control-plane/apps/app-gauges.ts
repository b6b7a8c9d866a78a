import type { GaugeSource } from '../kernel/telemetry/gauge-source.ts';
import { dollars } from '../kernel/usage/money.ts';
import {
  measureCrashedServices,
  measureDeployments,
  measureHourlyCost,
  measureInstances,
} from './store/metrics.sql.ts';

/** What runs, what it costs, and what does not run. */
export const APP_GAUGES: GaugeSource = {
  gauges: [
    {
      name: 'app_instances',
      help: 'Instances of services that are not removed, by team and state',
      labels: ['team', 'state'],
    },
    {
      name: 'app_services_crashed',
      help: 'Services that ended too often to be started again, by team',
      labels: ['team'],
    },
    {
      name: 'app_deployments_last_hour',
      help: 'Deployments that ended in the last hour, by team and result',
      labels: ['team', 'result'],
    },
    {
      name: 'app_hourly_cost_dollars',
      help: 'Estimated cost per hour of the instances of services and databases that run, by team',
      labels: ['team'],
    },
  ],
  async read(db) {
    const [instances, crashed, deployments, costs] = await Promise.all([
      db.query(measureInstances, {}),
      db.query(measureCrashedServices, {}),
      db.query(measureDeployments, {}),
      db.query(measureHourlyCost, {}),
    ]);
    return [
      ...instances.map(({ team, state, count }) => ({
        name: 'app_instances',
        labels: { team, state },
        value: count,
      })),
      ...crashed.map(({ team, count }) => ({
        name: 'app_services_crashed',
        labels: { team },
        value: count,
      })),
      ...deployments.map(({ team, result, count }) => ({
        name: 'app_deployments_last_hour',
        labels: { team, result },
        value: count,
      })),
      ...costs.map(({ team, micros }) => ({
        name: 'app_hourly_cost_dollars',
        labels: { team },
        value: dollars(micros),
      })),
    ];
  },
};

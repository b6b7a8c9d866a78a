import type { GaugeSample, GaugeSource } from '../telemetry/gauge-source.ts';
import { listTasks, type TaskRow } from './periodic-task.sql.ts';

const labels = ['task'];

/** The periodic tasks of the installation, the same in every process. */
export const TASK_GAUGES: GaugeSource = {
  gauges: [
    { name: 'task_lag_seconds', help: 'For how long the next run of a periodic task has been due', labels },
    { name: 'task_failures', help: 'Failed and lost runs of a periodic task since the last success', labels },
    { name: 'task_last_run_timestamp_seconds', help: 'When the last run of a periodic task ended', labels },
    { name: 'task_last_run_duration_seconds', help: 'How long the last run of a periodic task took', labels },
    {
      name: 'task_last_run_success',
      help: '1 when the last run of a periodic task succeeded, else 0',
      labels,
    },
  ],
  read: async (db) => (await db.query(listTasks, { name: null })).flatMap(samplesOf),
};

function samplesOf({ name: task, lastEndedAt, lastDurationMs, ...row }: TaskRow): GaugeSample[] {
  const sample = (name: string, value: number) => ({ name: `task_${name}`, labels: { task }, value });
  const samples = [sample('lag_seconds', row.lagSeconds), sample('failures', row.failures)];
  if (lastEndedAt === null || lastDurationMs === null) return samples;
  return [
    ...samples,
    sample('last_run_timestamp_seconds', lastEndedAt.getTime() / 1_000),
    sample('last_run_duration_seconds', lastDurationMs / 1_000),
    sample('last_run_success', row.lastOutcome === 'SUCCEEDED' ? 1 : 0),
  ];
}

import type { GaugeSource } from '../telemetry/gauge-source.ts';
import { countJobs, countUnrunnableJobs, countWorkers, measureQueue } from './metrics.sql.ts';
import { countWorkerProblems } from './workers.sql.ts';

/** What waits, what runs and who works. */
export const JOB_GAUGES: GaugeSource = {
  gauges: [
    { name: 'jobs', help: 'Jobs that have not ended, by type and status', labels: ['type', 'status'] },
    { name: 'queue_depth', help: 'Resources with a job that can start now' },
    { name: 'queue_delayed', help: 'Resources whose next job waits for its time' },
    { name: 'queue_oldest_seconds', help: 'How long the first of the queue has been ready' },
    { name: 'jobs_unrunnable', help: 'Ready jobs that no live worker can run', labels: ['type'] },
    { name: 'leases', help: 'Resources that a worker holds' },
    { name: 'workers', help: 'Workers: live, or silent beyond their lease', labels: ['state'] },
    {
      name: 'workers_not_ready',
      help: 'Live workers whose host keeps them from claiming some jobs, by reason',
      labels: ['reason'],
    },
  ],
  async read(db) {
    const [counts, waiting, [lanes], [workers], problems] = await Promise.all([
      db.query(countJobs, {}),
      db.query(countUnrunnableJobs, {}),
      db.query(measureQueue, {}),
      db.query(countWorkers, {}),
      db.query(countWorkerProblems, {}),
    ]);
    return [
      ...counts.map(({ type, status, count }) => ({ name: 'jobs', labels: { type, status }, value: count })),
      ...waiting.map(({ type, count }) => ({ name: 'jobs_unrunnable', labels: { type }, value: count })),
      ...problems.map(({ code, count }) => ({
        name: 'workers_not_ready',
        labels: { reason: code },
        value: count,
      })),
      { name: 'queue_depth', value: lanes?.ready ?? 0 },
      { name: 'queue_delayed', value: lanes?.delayed ?? 0 },
      { name: 'queue_oldest_seconds', value: lanes?.oldestSeconds ?? 0 },
      { name: 'leases', value: lanes?.leased ?? 0 },
      { name: 'workers', labels: { state: 'live' }, value: workers?.live ?? 0 },
      { name: 'workers', labels: { state: 'silent' }, value: workers?.silent ?? 0 },
    ];
  },
};

import { closeSync, openSync, writeSync } from 'node:fs';
import { systemClock } from '../../src/control-plane/kernel/clock.ts';
import { openPostgres } from '../../src/control-plane/kernel/db/postgres.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import { createDispatcher } from '../../src/control-plane/kernel/jobs/dispatcher.ts';
import { JobQueue } from '../../src/control-plane/kernel/jobs/queue.ts';
import { createLog } from '../../src/control-plane/kernel/telemetry/log.ts';
import { createRedactor } from '../../src/control-plane/kernel/telemetry/redaction.ts';
import { Worker } from '../../src/control-plane/worker/worker.ts';
import { execute } from '../lib/postgres.mjs';

const TYPE = 'bench.run';

/** Our worker as the server builds it, log level `info` included; every job keeps its history, its events and its fence. */
export async function open(url) {
  const db = await openPostgres({ url });
  const redactor = createRedactor();
  const sink = openSync('/dev/null', 'w');
  const log = createLog({ level: 'info', redactor, write: (line) => void writeSync(sink, line) });
  const dispatcher = await createDispatcher(db, () => {});
  const queue = new JobQueue(dispatcher, newId, 5);
  return {
    /** One job for each key, in order. */
    async fill(keys) {
      await execute(
        url,
        `with each as (select key, ordinality::int4 as at, row_number() over (partition by key order by ordinality)::int4 as nth
                       from unnest($1::text[]) with ordinality as k (key, ordinality)),
              start as (select coalesce(max(right(id, 10)::int8), 0) as n from jobs),
              lanes as (
           insert into job_locks as l (resource_id, tail, ready_at) select key, count(*), clock_now() from each group by key
           on conflict (resource_id) do update set tail = l.tail + excluded.tail, ready_at = excluded.ready_at
           returning resource_id, tail)
         insert into jobs (id, resource_id, seq, job_type, payload, requested_by, max_attempts, resource_kind, resource_name, team)
         select 'job_bench' || lpad((start.n + each.at)::text, 10, '0'), each.key,
                lanes.tail - (select count(*) from each e where e.key = each.key)::int4 + each.nth,
                $2, jsonb_build_object('nth', each.nth), 'local:bench', 5, 'bench', each.key, 'bench'
         from start, each join lanes on lanes.resource_id = each.key`,
        [keys, TYPE],
      );
    },
    enqueue: (key) =>
      db.tx((tx) =>
        queue.enqueue(tx, {
          ...{
            resourceId: key,
            resourceName: key,
            team: 'bench',
            type: TYPE,
            payload: {},
            requestedBy: 'local:bench',
          },
        }),
      ),
    /** @returns what stops it */
    async work({ concurrency, onJob }) {
      const worker = new Worker({
        ...{ db, dispatcher, newId, log, concurrency },
        artifacts: { put: async (key) => ({ uri: key, sha256: '', sizeBytes: 0 }) },
        clock: systemClock,
        handlers: [
          {
            type: TYPE,
            timeoutMs: 60_000,
            async run({ job }) {
              await onJob(job.resourceId, job.payload.nth);
              return {};
            },
            async onFailed() {},
            async onCancelled() {},
          },
        ],
        host: 'bench',
        pid: process.pid,
        roles: ['worker'],
        leaseMs: 30_000,
        pollMs: 5_000,
        hostCheckMs: 5_000,
        backoff: { baseMs: 1_000, maxMs: 60_000 },
        random: Math.random,
        redact: redactor.redactLine,
      });
      await worker.start();
      return () => worker.stop(10_000);
    },
    async pending() {
      const [{ count }] = await execute(
        url,
        'select count(*)::int4 as count from jobs where ended_at is null',
      );
      return count;
    },
    async close() {
      await dispatcher.close();
      await db.close();
      closeSync(sink);
    },
  };
}

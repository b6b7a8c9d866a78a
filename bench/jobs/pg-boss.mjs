import { PgBoss } from 'pg-boss';
import { execute } from '../lib/postgres.mjs';

const QUEUE = 'bench';

/**
 * @param policy `standard` has no keys; `key_strict_fifo` runs the jobs of a key in order, `singleton` one at a time in any order
 * @param notify for jobs that start soon; a backlog is drained without, as an empty fetch is then followed by the next one after 0.5 s, not 30
 */
export async function open(url, { policy = 'standard', notify = false } = {}) {
  const boss = new PgBoss({ connectionString: url, useListenNotify: notify, schedule: false });
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  await boss.createQueue(QUEUE, { policy, notify });
  const seen = new Map();
  const optionsOf = (key) => (policy === 'standard' ? {} : { singletonKey: key });
  const jobOf = (key) => {
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return { data: { key, nth }, ...optionsOf(key) };
  };
  return {
    async fill(keys) {
      for (let at = 0; at < keys.length; at += 1_000)
        await boss.insert(QUEUE, keys.slice(at, at + 1_000).map(jobOf));
    },
    enqueue: (key) => boss.send(QUEUE, { key, nth: 1 }, optionsOf(key)),
    async work({ concurrency, onJob }) {
      await boss.work(
        QUEUE,
        { batchSize: concurrency, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
        (jobs) => Promise.all(jobs.map(({ data }) => onJob(data.key, data.nth))),
      );
      return () => boss.offWork(QUEUE);
    },
    async pending() {
      const [{ count }] = await execute(
        url,
        "select count(*)::int4 as count from pgboss.job where state < 'completed'",
      );
      return count;
    },
    close: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}

import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { execute } from '../lib/postgres.mjs';

const TASK = 'bench';
const logger = new Logger(() => () => {});

/** A key is a queue name: its jobs run one after the other. It deletes jobs that have ended. */
export async function open(url, { keyed = false, large = false } = {}) {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  const seen = new Map();
  const specOf = (key) => {
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    return { identifier: TASK, payload: { key, nth }, ...(keyed ? { queueName: key } : {}) };
  };
  return {
    async fill(keys) {
      for (let at = 0; at < keys.length; at += 1_000)
        await utils.addJobs(keys.slice(at, at + 1_000).map(specOf));
    },
    enqueue: (key) => utils.addJob(TASK, { key, nth: 1 }, keyed ? { queueName: key } : {}),
    async work({ concurrency, onJob }) {
      const runner = await run({
        connectionString: url,
        logger,
        concurrency,
        noHandleSignals: true,
        pollInterval: 2_000,
        ...(large
          ? {
              preset: {
                worker: { localQueue: { size: concurrency }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
              },
            }
          : {}),
        taskList: { [TASK]: ({ key, nth }) => onJob(key, nth) },
      });
      return () => runner.stop();
    },
    async pending() {
      const [{ count }] = await execute(url, 'select count(*)::int4 as count from graphile_worker.jobs');
      return count;
    },
    close: () => utils.release(),
  };
}

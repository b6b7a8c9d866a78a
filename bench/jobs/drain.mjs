// One measurement in a process of its own: fills the queue of one system and drains it.
// argv: JSON of {url, system, options, concurrency, jobs, keys}; prints JSON of figures.
import { serverCpuMs } from '../lib/postgres.mjs';

const spec = JSON.parse(process.argv[2]);
const WARM_UP = 300;
const { open } = await import(`./${spec.system}.mjs`);
const queue = await open(spec.url, spec.options);

await drain(WARM_UP, WARM_UP, 'warm');
process.stdout.write(`${JSON.stringify(await drain(spec.jobs, spec.keys, 'job'))}\n`);
await queue.close();

/** Round robin over the keys, as resources are worked on side by side. */
async function drain(jobs, keys, prefix) {
  const running = new Map();
  const last = new Map();
  let disorder = 0;
  let overlap = 0;
  let done = 0;
  let onAll = () => {};
  const all = new Promise((resolve) => {
    onAll = resolve;
  });
  await queue.fill(Array.from({ length: jobs }, (_, i) => `${prefix}-${process.pid}-${i % keys}`));
  const cpuBefore = process.cpuUsage();
  const serverBefore = await serverCpuMs(spec.url);
  const startedAt = performance.now();
  const stop = await queue.work({
    concurrency: spec.concurrency,
    async onJob(key, nth) {
      if (keys < jobs) {
        if (running.get(key)) overlap += 1;
        if (nth !== (last.get(key) ?? 0) + 1) disorder += 1;
        last.set(key, nth);
        running.set(key, true);
        await new Promise((resolve) => setImmediate(resolve));
        running.set(key, false);
      }
      if (++done === jobs) onAll();
    },
  });
  await all;
  const ms = performance.now() - startedAt;
  await stop();
  const cpu = process.cpuUsage(cpuBefore);
  const serverMs = (await serverCpuMs(spec.url)) - serverBefore;
  return {
    perSecond: jobs / (ms / 1_000),
    nodeUs: (cpu.user + cpu.system) / jobs,
    serverUs: (serverMs * 1_000) / jobs,
    disorder,
    overlap,
    left: await queue.pending(),
  };
}

import { measureIn } from '../lib/child.mjs';
import { interleave, median } from '../lib/measure.mjs';
import { execute } from '../lib/postgres.mjs';
import { row } from '../lib/report.mjs';

const OURS = { system: 'ocpctl' };
const GRAPHILE = { system: 'graphile-worker' };
const BOSS = { system: 'pg-boss' };
const FIFO = { policy: 'key_strict_fifo' };
const SINGLETON = { policy: 'singleton' };

const LARGE = 500;
const OUR_LARGE = 100;

export const title = 'Jobs: throughput';

/** Jobs that do nothing, drained by one process: without keys, and with ten jobs in order for each of many resources. */
export async function measure({ server, rounds, quick, note }) {
  const jobs = quick ? 2_000 : 10_000;
  const keys = jobs / 10;
  // A batch with fewer jobs than it may have makes pg-boss wait.
  const large = Math.min(LARGE, keys / 2);
  const name = jobs.toLocaleString('en');
  const drained = async (shape, systems) => {
    const urls = [];
    const measured = {};
    for (const [label, spec] of Object.entries(systems)) {
      const url = await server.createDatabase({ migrated: spec.system === 'ocpctl' });
      urls.push(url);
      measured[label] = async () => {
        const figures = await measureIn('jobs/drain.mjs', { url, jobs, ...shape, ...spec });
        if (figures.left > 0) throw new Error(`${label}: ${figures.left} jobs are left`);
        // Statistics for the planner as autovacuum would have them after a while.
        await execute(url, 'vacuum analyze');
        return figures;
      };
      // An installation is not new: the first drain is not counted.
      await measured[label]();
    }
    const seen = await interleave(measured, rounds, note);
    for (const url of urls) await server.dropDatabase(url);
    return seen;
  };

  const free = await drained(
    { keys: jobs },
    {
      ours: { ...OURS, concurrency: 10 },
      graphile: { ...GRAPHILE, concurrency: 10 },
      boss: { ...BOSS, concurrency: 10 },
      'ours, large': { ...OURS, concurrency: OUR_LARGE },
      'graphile, large': { ...GRAPHILE, concurrency: large, options: { large: true } },
      'boss, large': { ...BOSS, concurrency: large },
    },
  );
  const keyed = await drained(
    { keys },
    {
      ours: { ...OURS, concurrency: 10 },
      graphile: { ...GRAPHILE, concurrency: 10, options: { keyed: true } },
      fifo: { ...BOSS, concurrency: 10, options: FIFO },
      singleton: { ...BOSS, concurrency: 10, options: SINGLETON },
      'ours, large': { ...OURS, concurrency: OUR_LARGE },
      'graphile, large': { ...GRAPHILE, concurrency: large, options: { keyed: true, large: true } },
      'fifo, large': { ...BOSS, concurrency: large, options: FIFO },
      'singleton, large': { ...BOSS, concurrency: large, options: SINGLETON },
    },
  );
  const peer = (seen, label, title, atLeast) => ({
    name: `${title} [${cost(seen[label])}]`,
    figures: seen[label].perSecond,
    atLeast,
  });
  return [
    row({
      what: `${name} no-op jobs, concurrency 10`,
      unit: 'jobs/s',
      goal: '≥ 2 x both',
      ours: free.ours.perSecond,
      cost: cost(free.ours),
      peers: [peer(free, 'graphile', 'graphile-worker', 2), peer(free, 'boss', 'pg-boss', 2)],
      bound: BOUND,
    }),
    row({
      what: `the same, large claims (ours ${OUR_LARGE}, peers ${large})`,
      unit: 'jobs/s',
      goal: '≥ 1 x both',
      ours: free['ours, large'].perSecond,
      cost: cost(free['ours, large']),
      peers: [peer(free, 'graphile, large', 'graphile-worker', 1), peer(free, 'boss, large', 'pg-boss', 1)],
      bound: BOUND,
    }),
    row({
      what: `${keys.toLocaleString('en')} resources x 10 jobs, in order, concurrency 10`,
      unit: 'jobs/s',
      goal: '≥ 2 x the ordered ones, ≥ 1.3 x the unordered',
      ours: keyed.ours.perSecond,
      cost: cost(keyed.ours),
      peers: [
        peer(keyed, 'graphile', 'graphile-worker', 2),
        peer(keyed, 'fifo', 'pg-boss strict FIFO', 2),
        peer(keyed, 'singleton', 'pg-boss singleton (no order)', 1.3),
      ],
      bound: BOUND,
    }),
    row({
      what: 'the same, large claims',
      unit: 'jobs/s',
      goal: '≥ 1.5 x all',
      ours: keyed['ours, large'].perSecond,
      cost: cost(keyed['ours, large']),
      peers: [
        peer(keyed, 'graphile, large', 'graphile-worker', 1.5),
        peer(keyed, 'fifo, large', 'pg-boss strict FIFO', 1.5),
        peer(keyed, 'singleton, large', 'pg-boss singleton (no order)', 1.5),
      ],
      bound: BOUND,
    }),
    row({
      what: 'jobs that ran out of order or beside another of their resource',
      unit: 'jobs',
      goal: '0',
      ours: keyed.ours.disorder.map(
        (disorder, i) =>
          disorder +
          keyed.ours.overlap[i] +
          keyed['ours, large'].disorder[i] +
          keyed['ours, large'].overlap[i],
      ),
      atMost: 0,
    }),
  ];
}

const BOUND =
  'ours keeps each job with its events, and checks fence and lease of each end; graphile-worker deletes its jobs, pg-boss writes one row';

function cost({ serverUs, nodeUs }) {
  return `${Math.round(median(serverUs))} + ${Math.round(median(nodeUs))} µs`;
}

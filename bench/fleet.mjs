// `npm run bench:fleet [-- --clusters-per-day 100000 --workers 50 --slots 80 --lanes 1000000 --minutes 30]`: what a day of a fleet asks
// of the database, in virtual time with the real statements.
import { parseArgs } from 'node:util';
import { openPostgres } from '../src/control-plane/kernel/db/postgres.ts';
import { Fleet } from './fleet/fleet.mjs';
import { quantile } from './lib/measure.mjs';
import { execute, serverCpuMs, startServer } from './lib/postgres.mjs';

const { values } = parseArgs({
  options: {
    'clusters-per-day': { type: 'string', default: '100000' },
    workers: { type: 'string', default: '50' },
    slots: { type: 'string', default: '80' },
    lanes: { type: 'string', default: '1000000' },
    'life-hours': { type: 'string', default: '6' },
    'warm-up-minutes': { type: 'string', default: '60' },
    minutes: { type: 'string', default: '15' },
    wake: { type: 'string', default: 'notify,queue' },
    seed: { type: 'string', default: '1' },
  },
});
const number = (name) => Number(values[name]);
const server = await startServer();
try {
  for (const wake of values.wake.split(',')) process.stdout.write(`${await simulate(wake)}\n`);
} finally {
  await server.stop();
}

async function simulate(wake) {
  const url = await server.createDatabase({ migrated: true });
  await fill(url, number('lanes'));
  // One connection: the virtual time is a setting of its session.
  const db = await openPostgres({ url, poolSize: 1 });
  try {
    // The disk would only stretch the real time: one session commits after the other here.
    await db.script('set synchronous_commit = off');
    const fleet = new Fleet(db, {
      ...{ wake, clustersPerDay: number('clusters-per-day'), workers: number('workers') },
      ...{
        slots: number('slots'),
        lanes: number('lanes'),
        lifeHours: number('life-hours'),
        seed: number('seed'),
      },
    });
    const warmUpMinutes = number('warm-up-minutes');
    const before = await serverCpuMs(url);
    const began = performance.now();
    const figures = await fleet.run({ warmUpMinutes, minutes: number('minutes') });
    const realSeconds = (performance.now() - began) / 1_000;
    const cpuMs = (await serverCpuMs(url)) - before;
    return report(wake, figures, {
      realSeconds,
      cpuMs,
      virtualSeconds: (warmUpMinutes + number('minutes')) * 60,
    });
  } finally {
    await db.close();
    await server.dropDatabase(url);
  }
}

/** Clusters that exist already, each with the lane and the job of its create. */
async function fill(url, lanes) {
  await execute(
    url,
    `insert into job_locks (resource_id, head, tail) select 'clu_idle_' || n, 2, 1 from generate_series(1, $1::int4) n`,
    [lanes],
  );
  await execute(
    url,
    `insert into jobs (id, resource_id, seq, job_type, status, requested_by, max_attempts, resource_kind, resource_name, team, ended_at)
     select 'job_idle_' || n, 'clu_idle_' || n, 1, 'cluster.create', 'SUCCEEDED', 'local:sim', 5, 'cluster', 'idle', 'sim', clock_now()
     from generate_series(1, $1::int4) n`,
    [lanes],
  );
  await execute(url, 'analyze');
}

function report(wake, figures, { realSeconds, cpuMs, virtualSeconds }) {
  const { ages, claims, emptyClaims, ended, reclaimed, deaths, statements, running, slots } = figures;
  const measuredSeconds = number('minutes') * 60;
  const age = (q) => `${(quantile(ages, q) / 1_000).toFixed(2)} s`;
  const perSecond = (count) => (count / measuredSeconds).toFixed(2);
  return [
    `wake ${wake}: ${values['clusters-per-day']} clusters a day, ${values.workers} workers of ${values.slots} slots, ${values.lanes} lanes; ${values.minutes} minutes after ${values['warm-up-minutes']}`,
    `  queue age p50 ${age(0.5)}, p99 ${age(0.99)}, max ${age(1)} (${ages.length} jobs); ${ended} ended; slots busy at the end ${running} of ${slots}`,
    `  ${deaths} workers died, ${reclaimed} lanes reclaimed; ${claims} claims, ${emptyClaims} of them empty`,
    `  PostgreSQL: ${((cpuMs / 1_000 / virtualSeconds) * 100).toFixed(1)} % of a core over the whole run (${virtualSeconds} s in ${realSeconds.toFixed(0)} s)`,
    ...Object.entries(statements).map(
      ([name, { count, ms }]) =>
        `  ${name.padEnd(28)} ${perSecond(count).padStart(8)} a second, ${(ms / count).toFixed(2)} ms`,
    ),
  ].join('\n');
}

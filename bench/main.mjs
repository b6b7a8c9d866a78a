// `npm run bench [-- --quick --only NAME,… --write]`: every goal beside its peers, in one run on a PostgreSQL server of its own.
// Prints a table; `--write` also keeps it as bench/results.json, of which docs/performance.md is made; sections that were not asked for stay.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const SECTIONS = {
  throughput: './jobs/throughput.mjs',
  edge: './edge/throughput.mjs',
};

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: Object.keys(SECTIONS).join(',') },
    write: { type: 'boolean', default: false },
    rounds: { type: 'string' },
  },
});
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18))
  throw new Error(`the benchmarks need Node 22.18 or newer, as the peers do; this is ${process.version}`);
const here = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(`${here}node_modules`))
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here, stdio: 'inherit' });

const { startServer, execute } = await import('./lib/postgres.mjs');
const { loadNow, machine, performancePage } = await import('./lib/report.mjs');
const rounds = Number(values.rounds ?? (values.quick ? 1 : 3));
const server = await startServer();
try {
  const [{ version }] = await execute(server.url, "select current_setting('server_version') as version");
  const result = { machine: machine(version), sections: [] };
  for (const name of values.only.split(',')) {
    const { title, measure } = await import(SECTIONS[name]);
    const before = loadNow();
    const rows = await measure({ server, rounds, quick: values.quick, note });
    const { date, commit } = result.machine;
    result.sections.push({ name, title, date, commit, rounds, load: { before, after: loadNow() }, rows });
  }
  process.stdout.write(`${performancePage(result)}\n`);
  if (values.write) keep(result);
} finally {
  await server.stop();
}

/** Sections that this run did not measure stay as they were, with their date. */
function keep(result) {
  const file = `${here}results.json`;
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { sections: [] };
  const { date, commit } = before.machine ?? {};
  const sections = Object.keys(SECTIONS).flatMap((name) => {
    const named = (section) => section.name === name;
    const kept = before.sections.filter(named).map((section) => ({ date, commit, ...section }));
    return result.sections.filter(named).concat(kept).slice(0, 1);
  });
  writeFileSync(file, `${JSON.stringify({ ...result, sections }, null, 2)}\n`);
}

/** Each figure as it comes, for those who wait. */
function note(system, round, figures) {
  const shown = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
  process.stderr.write(`round ${round + 1}, ${system}: ${shown.join(', ')}\n`);
}

// `npm run bench:startup [-- --rounds 15 --node PATH --json]`: what it costs to start ocpctl, as a ratio to `node -e 0` in the same rounds.
// Counted is the CPU time of the process, user and system, which other work on the machine changes less than the time on a clock.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    node: { type: 'string', default: process.execPath },
    json: { type: 'boolean', default: false },
  },
});
const entry = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ocpctl-bench-'));
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  OCPCTL_CONFIG_DIR: join(folder, 'config'),
  OCPCTL_DATA_DIR: join(folder, 'data'),
  // A cache of its own: that of another version would be read in the first rounds.
  NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  OCPCTL_SANDBOX_SPEED: '0',
  OCPCTL_TEAM_CREATES_PER_HOUR: '1000',
};
const ROWS = 20;
const FLOOR = { name: 'node -e 0', argv: ['-e', '0'], limit: 1 };
/** What Node.js alone costs for what a command cannot do without: no goal, but the bound of the goals. */
const boundsOf = (url) => [
  { name: 'a line to stdout', argv: ['-e', "process.stdout.write('x')"] },
  { name: 'node:http and node:crypto', argv: ['-e', "require('node:http'), require('node:crypto')"] },
  {
    name: 'one request, seven HMACs, a line',
    argv: [
      '-e',
      `const { createHmac } = require('node:crypto');
      for (let i = 0; i < 7; i++) createHmac('sha256', 'key').update('text').digest();
      require('node:http').get('${url}/healthz', { agent: false }, (response) => {
        response.on('data', (chunk) => process.stdout.write(chunk)).on('end', () => process.exit());
      });`,
    ],
  },
];
/** Ratios that no Node.js must exceed. */
const GOALS = [
  { name: 'ocpctl --version', argv: [entry, '--version'], limit: 1.2 },
  { name: 'ocpctl --help', argv: [entry, '--help'], limit: 1.8 },
  { name: 'ocpctl create --help', argv: [entry, 'create', '--help'], limit: 1.8 },
  { name: `ocpctl list (${ROWS} rows)`, argv: [entry, 'list'], limit: 2.1 },
];

// Its log is a file: while a command runs, this process reads no pipe.
const log = openSync(join(folder, 'server.log'), 'w');
const server = spawn(process.execPath, [entry, 'server', '--sandbox', '--listen', '127.0.0.1:0'], {
  env,
  stdio: ['ignore', log, log],
});
try {
  const url = await ready();
  const names = Array.from({ length: ROWS }, (_, i) => `row-${i}`);
  for (const [i, name] of names.entries())
    run([entry, 'create', name, '--profile', 'aws-minimal-test', '--team', `team-${i % 4}`]);
  // Installers that still run would take the caches of the processor.
  for (const name of names) run([entry, 'wait', name, '--for', 'ready']);
  report(measure([FLOOR, ...boundsOf(url), ...GOALS], Number(values.rounds)));
} finally {
  server.kill();
  await once(server, 'exit');
  rmSync(folder, { recursive: true, force: true });
}

/** The server has made its context when it says what to try. @returns its URL */
async function ready() {
  for (;;) {
    const says = readFileSync(join(folder, 'server.log'), 'utf8');
    const [, url] = /^api +(\S+)/m.exec(says) ?? [];
    if (url !== undefined && /^try /m.test(says)) return url;
    if (server.exitCode !== null) throw new Error(says);
    await delay(100);
  }
}

/** @returns milliseconds of CPU for each program, in the order of its rounds; the first round fills caches and does not count */
function measure(programs, rounds) {
  const seen = programs.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, { argv }] of programs.entries()) {
      const ms = run(argv);
      if (round > 0) seen[i].push(ms);
    }
  return programs.map((program, i) => ({ ...program, ms: seen[i] }));
}

/** @returns milliseconds of CPU of the whole process, as bash counts them: Node tells no one what its own end costs */
function run(argv) {
  const script = 'TIMEFORMAT="cpu %U %S"; time "$0" "$@" >/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, values.node, ...argv], {
    env,
    encoding: 'utf8',
  });
  const [, user, system] = /^cpu (\S+) (\S+)$/m.exec(stderr) ?? [];
  if (status !== 0 || user === undefined)
    throw new Error(`${argv.join(' ')} exited with ${status}: ${stderr}`);
  return 1_000 * (Number(user) + Number(system));
}

function report([floor, ...measured]) {
  const rows = measured.map(({ name, limit, ms }) => {
    // Of the same round: what slowed one of them slowed the other.
    const ratios = ms.map((each, i) => each / floor.ms[i]);
    return {
      name,
      ms: median(ms),
      ratio: median(ratios),
      lowest: Math.min(...ratios),
      highest: Math.max(...ratios),
      limit,
    };
  });
  const { stdout: node } = spawnSync(values.node, ['--version'], { encoding: 'utf8' });
  const machine = `${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}, node ${node.trim()}, ${floor.ms.length} rounds`;
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, floorMs: median(floor.ms), rows }, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${machine}; node -e 0: ${median(floor.ms).toFixed(0)} ms of CPU\n\n`);
  process.stdout.write('| command | CPU | ratio | lowest - highest | goal | |\n|---|---|---|---|---|---|\n');
  for (const { name, ms, ratio, lowest, highest, limit } of rows) {
    const goal = limit === undefined ? ' | ' : `${limit.toFixed(1)} | ${ratio <= limit ? 'met' : 'missed'}`;
    process.stdout.write(
      `| ${name} | ${ms.toFixed(0)} ms | ${ratio.toFixed(2)} | ${lowest.toFixed(2)} - ${highest.toFixed(2)} | ${goal} |\n`,
    );
  }
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

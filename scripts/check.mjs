// All that can be said about the sources without running the product. `npm run check` runs every step, also after one has failed;
// `npm run check -- types imports` runs those two.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** The slow ones first. Each is a package's own script run by this Node: no PATH, no shell. */
const STEPS = {
  types: {
    says: 'types (tsc)',
    // The native compiler takes a third of the time (21 s for 65 s on two cores); other tools need the API of the one before.
    script: 'node_modules/typescript-native/bin/tsc',
    args: ['-p', '.', '--noEmit'],
  },
  promises: {
    says: 'floating and misused promises, switches that miss a case (oxlint)',
    script: 'node_modules/oxlint/bin/oxlint',
    args: ['src', 'test', '--deny-warnings', '--report-unused-disable-directives'],
  },
  generated: {
    says: 'generated files are what their sources make (scripts/generate.mjs)',
    script: 'scripts/generate.mjs',
    args: ['--check'],
  },
  unused: {
    says: 'unused files, exports and dependencies (knip), with and without the tests',
    script: 'node_modules/knip/bin/knip.js',
    args: ['--no-progress', '--treat-config-hints-as-errors'],
    alsoWith: ['--config', 'knip.product.jsonc'],
  },
  style: {
    says: 'format and lint (biome)',
    script: 'node_modules/@biomejs/biome/bin/biome',
    args: ['ci', '.', '--colors=off', '--max-diagnostics=100'],
  },
  imports: {
    says: 'who may import whom (dependency-cruiser)',
    script: 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    args: ['src', '--config', '.dependency-cruiser.mjs'],
  },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(STEPS, name));
if (unknown.length > 0) {
  process.stderr.write(`no such step: ${unknown.join(', ')}; there are ${Object.keys(STEPS).join(', ')}\n`);
  process.exit(2);
}

const waiting = asked.length > 0 ? [...asked] : Object.keys(STEPS);
const verdicts = [];
const startedAt = performance.now();
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, workOff));

const failed = verdicts.filter((verdict) => !verdict.passed).map(({ name }) => name);
process.stdout.write(
  `\n${verdicts.length - failed.length} of ${verdicts.length} steps passed in ${seconds(startedAt)}` +
    `${failed.length > 0 ? `; failed: ${failed.join(', ')} (again: npm run check -- ${failed.join(' ')})` : ''}\n`,
);
process.exitCode = failed.length > 0 ? 1 : 0;

/** Takes steps until none is left. */
async function workOff() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const { says, script, args, alsoWith } = STEPS[name];
    const stepStartedAt = performance.now();
    let { passed, output } = await run(script, args);
    if (passed && alsoWith) ({ passed, output } = await run(script, [...args, ...alsoWith]));
    verdicts.push({ name, passed });
    process.stdout.write(
      `${passed ? 'ok    ' : 'FAILED'} ${name.padEnd(9)} ${seconds(stepStartedAt).padStart(5)}  ${says}\n`,
    );
    if (!passed) process.stdout.write(`${output.trim().replace(/^/gm, '       ')}\n`);
  }
}

/** @returns whether it ended with 0, and all that it said: kept together, as others run at the same time. */
function run(script, args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', (error) => resolve({ passed: false, output: error.message }));
    child.on('close', (code) => resolve({ passed: code === 0, output }));
  });
}

function seconds(sinceMs) {
  return `${Math.round((performance.now() - sinceMs) / 1000)}s`;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { OUTPUTS } from '../../scripts/pages/command-outputs.ts';
import { schemaProblem } from '../commands/support/output-schema.ts';
import { startMirror } from '../control-plane/clusters/installer/fake-mirror.ts';
import { type FinishedChild, watchChild } from '../setup/watch-child.ts';
import { EVERY_COMMAND } from './every-command-lines.ts';
import { EVERY_COMMAND_SETTINGS, prepareEveryCommand } from './every-command-site.ts';
import { useServer } from './open-site.ts';
import { ENTRY } from './server-process.ts';
import type { Site } from './site.ts';

const MANIFEST = fileURLToPath(new URL('../../oclif.manifest.json', import.meta.url));
const server = useServer(EVERY_COMMAND_SETTINGS);

interface Streams {
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly stdin?: string | undefined;
  /** Whether no one reads its stdout. */
  readonly isClosed?: boolean;
}

/** Runs a command as a job of a CI system does. At its stdin nothing arrives and nothing ends, so that a question would wait for ever. */
function runInCi(site: Site, argv: readonly string[], streams: Streams): Promise<FinishedChild> {
  const child = spawn(process.execPath, [ENTRY, ...argv], {
    env: { ...site.env, CI: 'true', ...streams.env },
    cwd: site.folder,
    timeout: 240_000,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {});
  if (streams.stdin !== undefined) child.stdin.end(streams.stdin);
  if (streams.isClosed) child.stdout.destroy();
  return watchChild(child).finished;
}

test('every command has a line', () => {
  const { commands } = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  // Applications have tests of their own.
  const ids = Object.keys(commands)
    .filter((id) => !id.startsWith('app:'))
    .map((id) => id.replaceAll(':', ' '));
  expect([...Object.keys(EVERY_COMMAND), 'server'].sort()).toEqual(ids.sort());
});

test.each([
  ['prints with --json what its schema says', { name: 'json', flags: ['--json'], isClosed: false }],
  ['prints its text without colours', { name: 'text', flags: [], isClosed: false }],
  ['ends quietly when no one reads its output', { name: 'closed', flags: [], isClosed: true }],
])(
  'with CI=true every command asks nothing, ends with its exit code, and %s',
  async (_, run) => {
    const mirror = await startMirror();
    const { site } = server();
    const facts = await prepareEveryCommand(server(), run.name, mirror);
    const problems: string[] = [];
    for (const [command, lineOf] of Object.entries(EVERY_COMMAND)) {
      const given = lineOf(facts);
      const { argv, code: expected = 0, ...streams } = 'argv' in given ? given : { argv: given };
      const words = [...command.split(' '), ...argv, ...(command in OUTPUTS ? run.flags : [])];
      const { code, stdout, stderr } = await runInCi(site, words, { ...run, ...streams });
      const report = (problem: string) => problems.push(`${words.join(' ')}: ${problem}\n${stdout}${stderr}`);
      // Output that is not read does not fail a command.
      const isCode = code === expected || (run.isClosed && code === 0);
      if (!isCode) report(`exit code ${code}, expected ${expected}`);
      if (`${stdout}${stderr}`.includes('\u001b[')) report('colours or cursor movements');
      if (run.isClosed && /EPIPE|cannot write|\n {4}at /.test(stderr)) report('is not quiet');
      if (run.name === 'json' && command in OUTPUTS && (code === 0 || stdout !== '')) {
        const problem = schemaProblem(command, stdout);
        if (problem !== undefined) report(problem);
      }
    }
    expect(problems.join('\n\n')).toBe('');
  },
  600_000,
);

test('a server whose log no one reads serves on, and stops when it is asked to', async () => {
  const { site } = server();
  const child = spawn(process.execPath, [ENTRY, 'server', '--sandbox', '--listen', '127.0.0.1:0'], {
    env: { ...site.env, CI: 'true' },
    cwd: site.folder,
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  const ready = once(child, 'message').then(([message]) => message as { readonly url: string });
  const { url } = await Promise.race([
    ready,
    exited.then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
  ]);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

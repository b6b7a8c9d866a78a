import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clusterOf, JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
import { ENTRY, runCli } from './support/run-cli.ts';
import { eventStream, pageResponse, startStubServer } from './support/stub-server.ts';

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;

/**
 * Runs the command line on a pseudo terminal and types Ctrl-C when a text appears.
 * The script copies the terminal's output, and ends with the child's exit code on a line of its own.
 */
const PTY = `
import fcntl, os, pty, struct, sys, termios
columns, rows, trigger, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), sys.argv[4:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    os.execv(command[0], command)
seen = b''
while True:
    try:
        chunk = os.read(fd, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
    if trigger and trigger in seen:
        os.write(fd, b'\\x03')
        trigger = b''
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(seen + b'\\nEXIT ' + str(os.waitstatus_to_exitcode(status)).encode())
`;

async function onTerminal(
  size: readonly [columns: number, rows: number],
  interruptAt: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const command = [
    '-c',
    PTY,
    String(size[0]),
    String(size[1]),
    interruptAt,
    process.execPath,
    ENTRY,
    ...argv,
  ];
  const child = spawn('python3', command, {
    env: { PATH: process.env['PATH'], OCPCTL_CONFIG_DIR: '/nonexistent', TERM: 'xterm-256color', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    shown += chunk;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return shown;
}

const accepted = {
  status: 202,
  body: { cluster: clusterOf({ status: 'PENDING' }), job: jobOf({ status: 'PENDING' }) },
};
const EVENTS = `GET /v1/jobs/${JOB_ID}/events`;
const CREATE = ['create', 'demo', '--profile', 'p', '--wait'];
const WIPES_SCROLLBACK = '\u001b[3J';

describe.skipIf(!hasPython)('on a terminal (needs python3)', () => {
  it('draws live, wipes nothing, and ends with the table', async () => {
    const events = [
      phaseEvent(1, 'prepare', 'started'),
      phaseEvent(2, 'prepare', 'done'),
      phaseEvent(3, 'provision', 'started'),
    ];
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () => eventStream(events, jobOf()),
      [`GET /v1/clusters/${accepted.body.cluster.id}`]: () => ({ body: clusterOf() }),
    });
    for (const size of [
      [80, 24],
      [200, 50],
      [40, 7],
    ] as const) {
      const shown = await onTerminal(size, '', CREATE, server.env);
      expect(shown).toContain('✓ prepare');
      expect(shown).toContain('● provision');
      expect(shown).toMatch(/✓ demo READY in 40m1s · \$1\.40 · expires in \d+d/);
      expect(shown).not.toContain(WIPES_SCROLLBACK);
      // The title and finished steps are written once, the title first.
      for (const text of ['Creating demo in the sandbox', '✓ prepare'])
        expect(shown.split(text), text).toHaveLength(2);
      expect(shown.indexOf('Creating demo')).toBeLessThan(shown.indexOf('✓ prepare'));
      expect(shown).toContain('EXIT 0');
    }
  });

  it('list --watch draws in place, as high as the screen, and stays there when it ends', async () => {
    const many = Array.from({ length: 30 }, (_, index) => clusterOf({ name: `c-${index}` }));
    let asked = 0;
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse(asked++ === 0 ? many : [clusterOf({ name: 'last' })]),
    });
    const shown = await onTerminal([60, 12], 'last', ['list', '--watch', '--color', 'never'], server.env);
    const [first = '', second = ''] = shown.split('\u001b[?2026h').slice(1);
    expect(first).toContain('c-7');
    expect(first).toContain('… 22 more lines');
    expect(first.match(/\n/g)).toHaveLength(11);
    // As many lines up as the first frame has, and what is below is cleared.
    expect(second.startsWith('\u001b[11A\r')).toBe(true);
    expect(second).toContain('\u001b[J');
    expect(shown).not.toContain(WIPES_SCROLLBACK);
    expect(shown).toContain('EXIT 130');
  });

  it('says that the server is newer, after the result', async () => {
    await using server = await startStubServer({
      'GET /v1/clusters': () => ({ ...pageResponse([clusterOf()]), headers: { 'ocpctl-version': '99.0.0' } }),
    });
    const configDir = mkdtempSync(join(tmpdir(), 'ocpctl-terminal-'));
    onTestFinished(() => rmSync(configDir, { recursive: true }));
    const env = { ...server.env, OCPCTL_CONFIG_DIR: configDir };
    const shown = await onTerminal([100, 24], '', ['list'], env);
    expect(shown).toMatch(/demo .*sandbox: simulated cloud.*The server runs ocpctl 99\.0\.0, this is /s);
    expect(await onTerminal([100, 24], '', ['list'], env)).not.toContain('99.0.0');
  });

  it('Ctrl-C detaches with 130, says how to return, and gives the cursor back', async () => {
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () => eventStream([phaseEvent(1, 'prepare', 'started')]),
    });
    const shown = await onTerminal([80, 24], '● prepare', CREATE, server.env);
    expect(shown).toContain("return with 'ocpctl wait demo --for ready'");
    expect(shown.lastIndexOf('\u001b[?25h')).toBeGreaterThan(shown.lastIndexOf('\u001b[?25l'));
    expect(shown).toContain('EXIT 130');
  });

  it.each([
    ['0 columns', [0, 0], {}],
    ['5 rows', [80, 5], {}],
    ['TERM=dumb', [80, 24], { TERM: 'dumb' }],
    ['CI', [80, 24], { CI: 'true' }],
  ] as const)('writes plain lines with %s', async (_what, size, env) => {
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () => eventStream([phaseEvent(1, 'prepare', 'started')], jobOf()),
      [`GET /v1/clusters/${accepted.body.cluster.id}`]: () => ({ body: clusterOf() }),
    });
    const shown = await onTerminal(size, '', CREATE, { ...server.env, ...env });
    expect(shown).toContain('[1/7] prepare');
    expect(shown).not.toContain('\u001b[2K');
    expect(shown).toContain('EXIT 0');
  });

  it('the dashboard gives the screen and the cursor back on Ctrl-C, with 130, and when the server refuses', async () => {
    const routes = {
      'GET /v1/clusters': () => pageResponse([clusterOf()]),
      'GET /v1/jobs': () => pageResponse([jobOf()]),
      [EVENTS]: () => pageResponse([phaseEvent(1, 'prepare', 'started')]),
    };
    await using server = await startStubServer(routes);
    const shown = await onTerminal([80, 24], 'Jobs of demo', ['dashboard'], server.env);
    expect(shown).toContain('1 cluster ');
    expect(shown).toContain('q quit');
    await using refusing = await startStubServer({});
    const refused = await onTerminal([80, 24], '', ['dashboard'], refusing.env);
    for (const [text, end] of [
      [shown, 'EXIT 130'],
      [refused, 'EXIT 3'],
    ] as const) {
      const left = text.lastIndexOf('\u001b[?1049l');
      expect(left).toBeGreaterThan(text.lastIndexOf('\u001b[?1049h'));
      expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThan(text.lastIndexOf('\u001b[?25l'));
      expect(text.slice(left)).toContain(end);
    }
    expect(refused.slice(refused.lastIndexOf('\u001b[?1049l'))).toContain('Error: ');
  });

  it('what keeps the dashboard from starting is said on the screen that stays', async () => {
    const shown = await onTerminal([80, 24], '', ['dashboard'], {});
    expect(shown).toContain('Error: no server is configured');
    expect(shown).not.toContain('\u001b[?1049h');
    expect(shown).toContain('EXIT 7');
  });

  it('asks for the name before it destroys, and Ctrl-C at the question changes nothing', async () => {
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse([clusterOf()]) });
    const shown = await onTerminal([80, 24], 'Type demo to destroy it', ['destroy', 'demo'], server.env);
    expect(shown).toMatch(
      /^demo \(clu_\w+\) · READY · aws-minimal-test · owner admin · created \S+ ago · \$1\.40 so far · \$0\.70 per hour\r\n/,
    );
    expect(stripVTControlCharacters(shown)).toContain(
      'Type demo to destroy it: \r\nInterrupted; nothing was changed',
    );
    expect(shown).toContain('EXIT 130');
    expect(server.received.every(({ method }) => method === 'GET')).toBe(true);
  });
});

it('the dashboard refuses without a terminal', async () => {
  const run = await runCli(['dashboard']);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain('Error: the dashboard needs a terminal');
});

describe('colours', () => {
  const ESCAPE = '\u001b[';
  it('are in a pipe only when forced, and nowhere with NO_COLOR', async () => {
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse([clusterOf()]) });
    expect((await runCli(['list'], server.env)).stdout).not.toContain(ESCAPE);
    expect((await runCli(['list'], { ...server.env, CLICOLOR_FORCE: '1' })).stdout).toContain(ESCAPE);
    expect((await runCli(['list', '--color', 'always'], server.env)).stdout).toContain(ESCAPE);
    expect(
      (await runCli(['list'], { ...server.env, CLICOLOR_FORCE: '1', NO_COLOR: '1' })).stdout,
    ).not.toContain(ESCAPE);
  });

  it.skipIf(!hasPython)(
    'are not on a terminal with NO_COLOR, also in the live view (needs python3)',
    async () => {
      await using server = await startStubServer({
        'POST /v1/clusters': () => accepted,
        [EVENTS]: () => eventStream([phaseEvent(1, 'prepare', 'started')], jobOf()),
        [`GET /v1/clusters/${accepted.body.cluster.id}`]: () => ({ body: clusterOf() }),
      });
      const shown = await onTerminal([80, 24], '', CREATE, { ...server.env, NO_COLOR: '1' });
      expect(shown).toContain('● prepare');
      for (const style of ['1', '2', '32', '33']) expect(shown).not.toContain(`\u001b[${style}m`);
    },
  );
});

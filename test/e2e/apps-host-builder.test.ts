import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuildError } from '../../src/control-plane/apps/builder/build-error.ts';
import type { BuildOutput, BuildRequest } from '../../src/control-plane/apps/builder/builder.ts';
import { MARK_VARIABLE } from '../../src/control-plane/kernel/process/descendants.ts';
import { findCgroupHierarchy } from '../../src/control-plane/kernel/process/instance/cgroup-hierarchy.ts';
import { createProcfsTable } from '../../src/control-plane/kernel/process/process-table.ts';
import { until } from '../control-plane/kernel/process/guard-kit.ts';
import { buildRequest, openBuilderKit, shellPlan } from './builder-kit.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(process.platform !== 'linux')('the host builder', () => {
  let kit: ReturnType<typeof openBuilderKit>;
  beforeAll(() => {
    kit = openBuilderKit();
  });
  afterAll(() => kit.remove());

  let inputs = 0;
  const request = (script: string, rest: Partial<BuildRequest> = {}) =>
    buildRequest({
      inputHash: `input-${inputs++}`,
      directory: kit.writeSource({ 'a.txt': 'one\n' }),
      plan: shellPlan(script),
      ...rest,
    });
  const build = (script: string, rest: Partial<BuildRequest> = {}) => kit.open().build(request(script, rest));
  const outputs = () => (existsSync(kit.outputs) ? readdirSync(kit.outputs) : []);
  const failure = async (script: string, rest: Partial<BuildRequest> = {}) => {
    const before = outputs();
    const error = await build(script, rest).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(outputs()).toEqual(before);
    if (!(error instanceof BuildError)) throw new TypeError(`not a BuildError: ${error}`);
    return error;
  };
  const pathOf = ({ artifact }: BuildOutput) => (artifact.kind === 'directory' ? artifact.path : '');

  test('keeps what a build made, and passes its output on line by line', async () => {
    const asked = request('cat a.txt; echo two >&2; printf three; mkdir out; echo built > out/b.txt');
    const output = await kit.open().build(asked);
    expect(asked.lines.slice(1).sort()).toEqual(['one', 'three', 'two']);
    expect(readFileSync(join(pathOf(output), 'out/b.txt'), 'utf8')).toBe('built\n');
    expect(output.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(output.sizeBytes).toBe(10);
    expect(existsSync(asked.directory)).toBe(false);
  });

  test('does not build the same input twice, and stores the same output once', async () => {
    const asked = request('echo same > made.txt');
    const first = await kit.open().build(asked);
    const count = outputs().length;
    expect(
      await kit.open().build({ ...asked, directory: '/nonexistent', plan: shellPlan('exit 1') }),
    ).toEqual(first);
    const other = await build('echo same > made.txt');
    expect([other.digest, other.artifact, outputs().length]).toEqual([first.digest, first.artifact, count]);
    expect(await kit.open().find(first.digest)).toMatchObject({ artifact: first.artifact });
    expect((await kit.open().list()).filter(({ digest }) => digest === first.digest)).toHaveLength(1);
    await kit.open().remove(first.digest);
    expect(await kit.open().find(first.digest)).toBeUndefined();
    expect(outputs()).toHaveLength(count - 1);
  });

  test('tells apart outputs by contents, names and rights to execute', async () => {
    const scripts = ['echo x > x', 'echo y > x', 'echo x > y', 'echo x > x; chmod +x x', 'ln -s a.txt x'];
    const digests: string[] = [];
    for (const script of scripts) digests.push((await build(script)).digest);
    expect(new Set(digests).size).toBe(scripts.length);
  });

  test('a build that fails says which step, and leaves nothing', async () => {
    const steps = [
      { name: 'install', argv: ['true'] },
      { name: 'build', argv: ['/bin/sh', '-c', 'echo broken; exit 3'] },
    ];
    const error = await failure('', { plan: shellPlan('', { steps }) });
    expect(error).toMatchObject({ kind: 'failed', step: 'build' });
    expect(error.message).toBe('echo broken; exit 3 failed with exit code 3');
  });

  test('a tool that the host does not have is named', async () => {
    const error = await failure('', { plan: shellPlan('', { start: ['no-such-tool', 'x'] }) });
    expect(error).toMatchObject({
      kind: 'unavailable',
      message: 'no-such-tool is not installed on the server',
    });
  });

  test.each(['request to http://r failed: npm error code ECONNREFUSED', 'E: No space left on device'])(
    'another attempt is worth it after: %s',
    async (line) => {
      const steps = [{ name: 'install', argv: ['/bin/sh', '-c', `echo '${line}'; exit 1`] }];
      const error = await failure('', { plan: shellPlan('', { steps }) });
      expect(error).toMatchObject({ kind: 'infrastructure', message: expect.stringContaining(line) });
    },
  );

  test('a program of the user that writes about the network fails for good', async () => {
    const error = await failure("echo 'Error: connect ECONNREFUSED, error code ECONNREFUSED'; exit 1");
    expect(error.kind).toBe('failed');
  });

  test('a cancelled build ends with all its processes, also those that left its session', async () => {
    const cancel = new AbortController();
    const asked = request('setsid sleep 1234567 & echo started; sleep 7654321', { signal: cancel.signal });
    const running = () => commandLines().filter((line) => /sleep (1234567|7654321)/.test(line));
    const before = outputs();
    const built = kit.open().build(asked);
    await until('it runs', () => asked.lines.includes('started') && running().length >= 2);
    const reason = new Error('cancelled by a user');
    cancel.abort(reason);
    await expect(built).rejects.toBe(reason);
    expect([running(), outputs()]).toEqual([[], before]);
  });

  test('a build that takes too long fails, and does not go on', async () => {
    const error = await failure('sleep 1357911', { timeoutMs: 300 });
    expect(error).toMatchObject({ kind: 'failed', message: expect.stringContaining('was stopped after') });
    expect(commandLines().filter((line) => line.includes('1357911'))).toEqual([]);
  });

  test('what a build leaves running does not write into its output', async () => {
    const { artifact } = await build(
      '(setsid sh -c "sleep 2468101; echo late > late.txt" >/dev/null 2>&1 &) ; echo done',
    );
    expect(commandLines().filter((line) => line.includes('2468101'))).toEqual([]);
    expect(artifact.kind).toBe('directory');
  });

  test('a build has the environment of its service and of the operator, nothing of the server, and folders of its own', async () => {
    process.env['OCPCTL_CANARY'] = 'of-the-server';
    const asked = request(
      'env; for each in $HOME $TMPDIR $npm_config_cache; do mkdir -p $each; test -w $each || exit 1; done',
      {
        variables: { SERVICE_VARIABLE: 'canary-f3a1', PATH: '/hostile', HOME: '/root' },
      },
    );
    await kit.open({ variables: { GOPROXY: 'https://proxy.example' } }).build(asked);
    delete process.env['OCPCTL_CANARY'];
    const environment = Object.fromEntries(
      asked.lines.flatMap((line) => (line.includes('=') ? [line.split(/=(.*)/s)] : [])),
    );
    expect(environment).toMatchObject({ SERVICE_VARIABLE: 'canary-f3a1', GOPROXY: 'https://proxy.example' });
    expect(environment['PATH']).toContain('/usr/bin');
    expect(environment['HOME']).toContain(kit.folder);
    expect(asked.lines.join()).not.toContain('of-the-server');
  });

  test('P10: no variable of a build is in a command line, in a name or in an error', async () => {
    const seen = await failure('cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -c canary-"9b27"; exit 4', {
      variables: { SECRET: 'canary-9b27' },
    });
    expect(`${seen.message} ${seen.stack} ${JSON.stringify(seen)}`).not.toContain('canary-9b27');
  });

  test('an output that leads out of the build is not kept', async () => {
    const plan = shellPlan('ln -s /etc dist', { outputDirectory: 'dist' });
    expect(await failure('', { plan })).toMatchObject({
      kind: 'failed',
      message: 'there is no directory dist after the build',
    });
  });

  test('only the output directory is kept when the plan names one', async () => {
    const plan = shellPlan('mkdir dist; echo made > dist/x', { outputDirectory: 'dist' });
    expect(readdirSync(pathOf(await build('', { plan })))).toEqual(['x']);
  });

  test('a site is kept with the server that serves it', async () => {
    const output = await build('', { plan: shellPlan('', { kind: 'static', steps: [] }) });
    expect(readdirSync(pathOf(output)).sort()).toEqual(['site', 'static-server.mjs']);
    expect(readdirSync(join(pathOf(output), 'site'))).toEqual(['a.txt']);
  });

  test('an output that is too large is not kept', async () => {
    const asked = request('head -c 20000 /dev/zero > x');
    await expect(kit.open({ maxOutputBytes: 10_000 }).build(asked)).rejects.toMatchObject({ kind: 'failed' });
  });

  test('G4b: what a worker and its guard left of a build, when both were killed, is removed by the next build of the service', async () => {
    await build('echo first > first', { serviceId: 'svc_killed' });
    const kept = outputs();
    mkdirSync(join(kit.outputs, 'svc_killed-left', 'source'), { recursive: true });
    const left = spawn('/bin/sleep', ['1122334'], {
      env: { [MARK_VARIABLE]: 'svc_killed.1' },
      stdio: 'ignore',
    });
    const ended = once(left, 'exit');
    await build('echo next > next', { serviceId: 'svc_killed' });
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(outputs()).toHaveLength(kept.length + 1);
    expect(outputs()).not.toContain('svc_killed-left');
  });

  test.skipIf(!isRoot)(
    'builds of a team run as its user, who cannot reach those of another, and own nothing of the output',
    async () => {
      const own = request(
        'id -u; id -G; ls ../.. 2>&1; umask 000; echo x > made; chmod 4777 made; mkdir -m 777 open',
      );
      const output = await kit.open().build(own);
      const [, uid = '', groups, listing] = own.lines;
      expect(Number(uid)).toBeGreaterThan(1_900_000_000);
      expect(groups).toBe(uid);
      expect(listing).toContain('Permission denied');
      const made = lstatSync(join(pathOf(output), 'made'));
      expect([made.uid, made.gid, made.mode & 0o7777]).toEqual([0, 0, 0o755]);
      expect(statSync(join(pathOf(output), 'open')).mode & 0o7777).toBe(0o755);

      const cache = join(kit.folder, 'builds/caches/team-a');
      const foreign = request(`id -u; ls ${cache} 2>&1; echo x > ${pathOf(output)}/open/y; true`, {
        team: 'team-b',
      });
      await kit.open().build(foreign);
      expect(foreign.lines[1]).not.toBe(uid);
      expect(foreign.lines.filter((line) => line.includes('ermission denied'))).toHaveLength(2);
    },
  );

  test.skipIf(!isRoot)(
    'a data directory that other users cannot enter is named before anything is built',
    async () => {
      const closed = kit.open({ directory: '/root/ocpctl-closed/builds' });
      expect(await closed.probe()).toMatchObject({
        isUsable: false,
        remedy: expect.stringContaining('/var/lib'),
      });
      await expect(closed.build(request('true'))).rejects.toMatchObject({ kind: 'unavailable' });
    },
  );

  test.skipIf(findCgroupHierarchy() === undefined)(
    'P18: a build that takes too much memory fails, and says so',
    async () => {
      const asked = request('', {
        plan: shellPlan('', {
          steps: [
            { name: 'build', argv: ['node', '-e', 'const a=[]; for(;;) a.push(Buffer.alloc(1e6, 1))'] },
          ],
        }),
      });
      await expect(kit.open({ memoryMb: 128 }).build(asked)).rejects.toMatchObject({
        kind: 'failed',
        message: expect.stringContaining('ran out of memory: builds have 128 MiB'),
      });
    },
  );

  test('P18: builds have a low priority', async () => {
    const asked = request('cut -d " " -f 19 /proc/self/stat');
    await kit.open().build(asked);
    expect(asked.lines.at(-1)).toBe('15');
  });

  test('says what it would build with', async () => {
    const { facts, isUsable } = await kit.open().probe();
    expect(isUsable).toBe(true);
    expect(facts.some((line) => /^node \d+\.\d+\.\d+ \(\/.*node\)$/.test(line))).toBe(true);
    expect(await kit.open().version(shellPlan('', { kind: 'node', start: ['node'] }))).toMatch(
      /^host\/1; node v\d+.*; npm \d+/,
    );
  });
});

function commandLines(): string[] {
  return createProcfsTable()
    .list()
    .filter(({ zombie }) => !zombie)
    .flatMap(({ pid }) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });
}

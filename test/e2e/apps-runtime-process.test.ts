import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  InstanceSpec,
  ObservedInstance,
  Runtime,
} from '../../src/control-plane/apps/runtime/runtime.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import { findHostProcess } from '../../src/control-plane/kernel/process/instance/host-process.ts';
import { bundleScript, type ChildScript } from '../setup/child-script.ts';
import { eventually } from './eventually.ts';
import { findSecrets, scanFiles } from './find-secrets.ts';
import { isAlive, processesMentioning } from './processes.ts';
import { openProcessUnderTest, type ProcessUnderTest } from './runtimes/process-under-test.ts';
import { ask, linesOf, observeOne, specOf, untilExited } from './runtimes/runtime-under-test.ts';

const isRoot = process.getuid?.() === 0;

describe('the runtime process', () => {
  let under: ProcessUnderTest;
  let runtime: Runtime;
  let server: ChildScript;
  const environmentId = newId('env');

  beforeAll(async () => {
    under = await openProcessUnderTest();
    runtime = under.open();
    server = await bundleScript(new URL('runtimes/server.ts', import.meta.url));
  });
  afterAll(async () => {
    for (const environment of await runtime.listEnvironments()) await runtime.removeEnvironment(environment);
    server?.remove();
    expect(under.controlGroups()).toEqual([]);
    await under?.close();
  });

  const start = async (changes: Partial<InstanceSpec> = {}): Promise<ObservedInstance> => {
    const instance = await runtime.ensure(specOf(under, { environmentId, ...changes }));
    if (instance.address !== undefined) await ask(instance, '/');
    return instance;
  };
  const recordsOf = (id: string) => join(under.directory, 'process', 'instances', id);
  const runnerOf = (id: string) =>
    (JSON.parse(readFileSync(join(recordsOf(id), 'runner.json'), 'utf8')) as { runner: { pid: number } })
      .runner;
  /** Programs and runners: each has the id in its arguments or its environment. */
  const processesOf = (id: string) => processesMentioning(id);

  test('P8: a server that is killed at any moment of a start leaves one instance or none, and the next one makes it one', async () => {
    for (const killAfterMs of [0, 20, 60, 100, 130, 160, 200, 260]) {
      const spec = specOf(under, { environmentId });
      const killed = server.start('process', JSON.stringify(under.options), JSON.stringify(spec));
      await once(killed.stdout, 'data');
      await delay(killAfterMs);
      killed.kill('SIGKILL');
      const instance = await runtime.ensure(spec);
      await ask(instance, '/');
      await delay(100);
      const lines = await linesOf(runtime, spec.id);
      expect(
        lines.filter((line) => line.startsWith('started')),
        `killed after ${killAfterMs} ms`,
      ).toHaveLength(1);
      expect(processesOf(spec.id).filter(({ argv }) => argv.includes('program.mjs'))).toHaveLength(1);
      await runtime.remove(spec.id);
    }
  });

  test('P8: a server that is killed before it has sent all has asked for nothing', async () => {
    const id = newId('ins');
    const runner = spawn(process.execPath, [under.options.runnerPath, id], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    runner.stdin.write(JSON.stringify({ labels: { id } }));
    runner.stdin.destroy();
    expect(await once(runner, 'exit')).toEqual([0, null]);
    expect(existsSync(recordsOf(id))).toBe(false);
  });

  test('P8: a killed runner takes its program with it, and the instance has exited', async () => {
    const instance = await start();
    const { pid: child } = await ask<{ pid: number }>(instance, '/leave', { env: 'keep' });
    const { pid: program } = await ask<{ pid: number }>(instance, '/');
    process.kill(runnerOf(instance.id).pid, 'SIGKILL');
    expect(await untilExited(under.open(), instance.id)).toMatchObject({ code: null, signal: null });
    expect([program, child].filter(isAlive)).toEqual([]);
    expect(processesOf(instance.id)).toEqual([]);
    expect((await runtime.ensure(specOf(under, { id: instance.id, environmentId }))).exit).toBeDefined();
  });

  test('P8: a process that has got the pid of a runner or a program is another one', async () => {
    const instance = await start({ variables: { BEHAVIOUR: 'exit 0' }, listens: false });
    await untilExited(runtime, instance.id);
    const other = findHostProcess(process.pid);
    if (other === undefined) throw new Error('this process is not in /proc');
    const id = newId('ins');
    const records = JSON.parse(readFileSync(join(recordsOf(instance.id), 'runner.json'), 'utf8'));
    const reused = { ...other, startedAt: other.startedAt - 1 };
    mkdirSync(recordsOf(id));
    writeFileSync(
      join(recordsOf(id), 'runner.json'),
      JSON.stringify({ ...records, labels: { ...records.labels, id }, runner: reused }),
    );
    writeFileSync(
      join(recordsOf(id), 'program.json'),
      JSON.stringify({ program: reused, port: null, startedAt: records.claimedAt }),
    );
    expect((await observeOne(runtime, id))?.exit).toMatchObject({ code: null, signal: null });
    await runtime.remove(id);
  });

  test.each(['stop', 'exit'])(
    'P8: children that have left group, session and mark end with the instance: %s',
    async (how) => {
      const instance = await start();
      const pids: number[] = [];
      for (const env of under.hasLimits ? ['keep', 'drop'] : ['keep'])
        pids.push((await ask<{ pid: number }>(instance, '/leave', { env })).pid);
      expect(pids.filter(isAlive)).toEqual(pids);
      if (how === 'stop') await runtime.stop(instance.id, 10_000);
      else await ask(instance, '/exit', { code: '0' });
      await untilExited(runtime, instance.id);
      expect(pids.filter(isAlive)).toEqual([]);
    },
  );

  test('P8: an instance that is stopped while it starts does not start afterwards', async () => {
    const spec = specOf(under, { environmentId });
    const started = runtime.ensure(spec);
    await eventually('its runner has it', () => existsSync(join(recordsOf(spec.id), 'runner.json')));
    await under.open().stop(spec.id, 10_000);
    await started;
    expect((await observeOne(runtime, spec.id))?.exit).toBeDefined();
    expect(processesOf(spec.id).filter(({ argv }) => argv.includes('program.mjs'))).toEqual([]);
  });

  test('P8: the log is bounded, and a reader goes on over the files that follow each other', async () => {
    const small = under.open({ logLimits: { segmentBytes: 4_096, segments: 3 } });
    const spec = specOf(under, { environmentId });
    const instance = await small.ensure(spec);
    const texts: string[] = [];
    let after = 0;
    for (let round = 0; round < 12; round++) {
      await ask(instance, '/print', { text: `round ${round} ${'x'.repeat(90)}`, times: '20' });
      await eventually('the lines of the round are there', async () => {
        const lines = await small.readLog(spec.id, { after, limit: 1_000 });
        after = lines.at(-1)?.position ?? after;
        texts.push(...lines.map(({ text }) => text));
        return texts.filter((text) => text.startsWith(`round ${round} `)).length === 20;
      });
    }
    expect(texts.filter((text) => text.startsWith('round'))).toHaveLength(240);
    const files = readdirSync(recordsOf(spec.id)).filter((name) => name.startsWith('log-'));
    expect(files).toHaveLength(3);
    for (const name of files) expect(statSync(join(recordsOf(spec.id), name)).size).toBeLessThan(4_096 + 200);
    const [first] = await small.readLog(spec.id, { after: 0, limit: 1 });
    expect(first?.position).toBeGreaterThan(100);
    await ask(instance, '/print', { text: 'yyy', length: '200000' });
    const long = await eventually('the long line is there', async () =>
      (await small.readLog(spec.id, { after, limit: 10 })).find(({ text }) => text.startsWith('yyy')),
    );
    expect(long.text.length).toBeLessThan(66_000);
  });

  test('P10: a secret is in no argument, in no file of ours, and in nothing that other users can read', async () => {
    const canary = `canary-${newId('x')}`;
    const secrets = [{ name: 'TOKEN', value: canary }];
    const instance = await start({ variables: { TOKEN: canary } });
    expect((await ask<{ env: Record<string, string> }>(instance, '/')).env['TOKEN']).toBe(canary);
    const failed = await runtime
      .ensure(
        specOf(under, {
          environmentId,
          artifact: { kind: 'image', reference: 'x' },
          variables: { TOKEN: canary },
        }),
      )
      .catch((error: unknown) => error);
    const nul = await runtime.ensure(
      specOf(under, { environmentId, listens: false, variables: { TOKEN: `${canary}\0` } }),
    );
    expect((await untilExited(runtime, nul.id)).code).toBe(126);
    const argv = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ where: `/proc/${name}/cmdline`, bytes: readOrEmpty(`/proc/${name}/cmdline`) }));
    const environments = processesMentioning(instance.id)
      .filter(({ argv: words }) => words.includes('instance-runner.js'))
      .map(({ pid }) => ({
        where: `environment of the runner ${pid}`,
        bytes: readOrEmpty(`/proc/${pid}/environ`),
      }));
    expect(environments).toHaveLength(1);
    const error = { where: 'the error', bytes: Buffer.from(`${failed} ${JSON.stringify(failed)}`) };
    expect(failed).toBeInstanceOf(Error);
    expect(
      findSecrets(secrets, [...argv, ...environments, error, ...scanFiles(join(under.directory, 'process'))]),
    ).toEqual([]);
    expect(statSync(`/proc/${(await ask<{ pid: number }>(instance, '/')).pid}/environ`).mode & 0o077).toBe(0);
  });

  test.runIf(isRoot)(
    'P8: an instance can neither change what it was made from nor read other environments and the server',
    async () => {
      const one = await start();
      const two = await start({ environmentId: newId('env') });
      const { env, pid, uid, cwd } = await ask<{
        env: Record<string, string>;
        pid: number;
        uid: number;
        cwd: string;
      }>(one, '/');
      expect(uid).toBeGreaterThanOrEqual(1_900_000_000);
      expect((await ask<{ uid: number }>(two, '/')).uid).not.toBe(uid);
      expect(await ask(one, '/write', { path: `${cwd}/program.mjs`, text: '' })).toEqual({ error: 'EACCES' });
      expect(await ask(one, '/write', { path: `${cwd}/new`, text: '' })).toEqual({ error: 'EACCES' });
      expect(await ask(one, '/write', { path: `${env['HOME']}/own`, text: 'x' })).toEqual({ result: null });
      expect(await ask(one, '/write', { path: `${env['TMPDIR']}/own`, text: 'x' })).toEqual({ result: null });
      const foreign = [`${env['HOME']}/own`, `/proc/${pid}/environ`, join(recordsOf(one.id), 'runner.json')];
      for (const path of foreign)
        expect(await ask(two, '/read', { path }), path).toEqual({ error: 'EACCES' });
    },
  );
});

function readOrEmpty(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

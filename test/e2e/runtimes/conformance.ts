import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type {
  InstanceSpec,
  ObservedInstance,
  Runtime,
} from '../../../src/control-plane/apps/runtime/runtime.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { eventually } from '../eventually.ts';
import {
  ask,
  linesOf,
  observeOne,
  type RuntimeUnderTest,
  specOf,
  untilExited,
} from './runtime-under-test.ts';

interface Info {
  readonly env: Record<string, string>;
  readonly pid: number;
  readonly argv: string[];
}

/** What each driver must do, whatever it is made of (reference: point 8). */
export function describeRuntime(name: string, openUnderTest: () => Promise<RuntimeUnderTest>): void {
  describe(`P8: the runtime ${name}`, () => {
    let under: RuntimeUnderTest;
    let runtime: Runtime;
    const environments = new Set<string>();

    beforeAll(async () => {
      under = await openUnderTest();
      runtime = under.open();
    });
    afterAll(async () => {
      for (const environment of environments) await runtime.removeEnvironment(environment);
      expect(under.controlGroups()).toEqual([]);
      await under?.close();
    });

    const start = async (changes: Partial<InstanceSpec> = {}): Promise<ObservedInstance> => {
      const spec = specOf(under, changes);
      environments.add(spec.environmentId);
      await runtime.ensureEnvironment(spec.environmentId);
      return runtime.ensure(spec);
    };

    test('P8: start: the same id starts one, also at the same time', async () => {
      const spec = specOf(under);
      environments.add(spec.environmentId);
      await runtime.ensureEnvironment(spec.environmentId);
      const all = await Promise.all([runtime.ensure(spec), under.open().ensure(spec), runtime.ensure(spec)]);
      const [first] = all;
      expect(first).toMatchObject({ id: spec.id, release: 1, replica: 0, exit: undefined });
      expect(all.map(({ address }) => address)).toEqual(Array(3).fill(first?.address));
      if (first !== undefined) await ask(first, '/');
      expect(await runtime.ensure(spec)).toEqual(first);
      const lines = await linesOf(runtime, spec.id);
      expect(lines.filter((line) => line.startsWith('started'))).toHaveLength(1);
    });

    test('P8: env: the program has its variables, whatever is in them', async () => {
      const variables = {
        PLAIN: 'value',
        EMPTY: '',
        QUOTES: `a "b" 'c' \\ $HOME \`id\` #x`,
        SPACES: '  two  ',
        LINES: '-----BEGIN KEY-----\nabc\n-----END KEY-----\n',
        UNICODE: 'größe 🚀',
        EQUALS: 'a=b=c',
      };
      const { env } = await ask<Info>(await start({ variables }), '/');
      expect(env).toMatchObject(variables);
    });

    test('P8: port: each instance has one of its own, and is told so', async () => {
      const instances = await Promise.all([start(), start(), start()]);
      const ports = instances.map(({ address }) => address?.port);
      expect(new Set(ports.map((port, index) => `${instances[index]?.address?.host}:${port}`)).size).toBe(3);
      for (const instance of instances) {
        const { env } = await ask<Info>(instance, '/');
        expect(env['PORT']).toBe(String(under.containerPort ?? instance.address?.port));
      }
      const silent = await start({ listens: false });
      expect(silent.address).toBeUndefined();
    });

    test('P8: logs: lines of both streams with time and a growing position', async () => {
      const begunAt = Date.now() - 1_000;
      const instance = await start();
      await ask(instance, '/print', { text: 'one more', times: '3' });
      const lines = await eventually('the lines are there', async () => {
        const read = await runtime.readLog(instance.id, { after: 0, limit: 100 });
        return read.filter(({ text }) => text === 'one more').length === 3 && read;
      });
      expect(lines.find(({ text }) => text === 'to stderr')?.stream).toBe('stderr');
      expect(lines.find(({ text }) => text.startsWith('started'))?.stream).toBe('stdout');
      for (const { at } of lines) expect(at.getTime()).toBeGreaterThan(begunAt);
      const positions = lines.map(({ position }) => position);
      expect(positions).toEqual([...new Set(positions)].sort((one, other) => one - other));
      const second = positions[1] ?? 0;
      expect(await runtime.readLog(instance.id, { after: second, limit: 2 })).toEqual(lines.slice(2, 4));
    });

    test('P8: stop signal: SIGTERM, and the program may clean up', async () => {
      const instance = await start();
      await ask(instance, '/');
      await runtime.stop(instance.id, 20_000);
      expect((await observeOne(runtime, instance.id))?.exit).toMatchObject({ code: 7, signal: null });
      expect(await linesOf(runtime, instance.id)).toContain('SIGTERM');
      await runtime.stop(instance.id, 20_000);
    });

    test('P8: kill: SIGKILL after the grace period', async () => {
      const instance = await start({ variables: { BEHAVIOUR: 'ignore-sigterm' } });
      await ask(instance, '/');
      await runtime.stop(instance.id, 500);
      const exit = (await observeOne(runtime, instance.id))?.exit;
      expect(exit).toMatchObject({ code: null, signal: 'SIGKILL', isOutOfMemory: false });
      expect(await linesOf(runtime, instance.id)).toContain('SIGTERM');
    });

    test('P8: exit code: what the program answered, and it stays exited', async () => {
      const spec = specOf(under, { variables: { BEHAVIOUR: 'exit 3' }, listens: false });
      environments.add(spec.environmentId);
      await runtime.ensureEnvironment(spec.environmentId);
      await runtime.ensure(spec);
      expect(await untilExited(runtime, spec.id)).toMatchObject({
        code: 3,
        signal: null,
        isOutOfMemory: false,
      });
      expect((await runtime.ensure(spec)).exit?.code).toBe(3);
      const missing = await start({ command: ['/no/such/program'], listens: false });
      expect((await untilExited(runtime, missing.id)).code).toBeGreaterThan(0);
      expect((await linesOf(runtime, missing.id)).join('\n')).toContain('No such file');
    });

    test('P8: exit seen after restart: no server has to watch', async () => {
      const instance = await start();
      await ask(instance, '/exit', { code: '5' });
      const next = under.open();
      expect(await untilExited(next, instance.id)).toMatchObject({ code: 5 });
    });

    test('P8: limits: memory, and processes', async (context) => {
      if (!under.hasLimits) context.skip('this host has no limits for the driver');
      const limits = { memoryMb: 96, cpus: 0.5, pids: 40 };
      const crowd = await start({ limits });
      const { started } = await ask<{ started: number }>(crowd, '/spawn', { count: '60' });
      expect(started).toBeLessThan(40);
      const hog = await start({ limits });
      await ask(hog, '/hog');
      expect(await untilExited(runtime, hog.id)).toMatchObject({ signal: 'SIGKILL', isOutOfMemory: true });
      expect(existsSync('oom'), 'a file of conmon in the directory of the server').toBe(false);
      const [sample] = (await runtime.stats()).filter(({ id }) => id === crowd.id);
      expect(sample?.memoryBytes).toBeGreaterThan(1024 * 1024);
      expect(sample?.memoryBytes).toBeLessThan(96 * 1024 * 1024);
      expect(sample?.cpuSeconds).toBeGreaterThan(0);
    });

    test('P8: adopt after server restart: the next one sees it, reads its log and stops it', async () => {
      const instance = await start();
      const { pid } = await ask<Info>(instance, '/');
      const next = under.open();
      expect(await observeOne(next, instance.id)).toEqual(instance);
      expect((await ask<Info>(instance, '/')).pid).toBe(pid);
      const seen = await next.readLog(instance.id, { after: 0, limit: 100 });
      await ask(instance, '/print', { text: 'after the restart' });
      const after = seen.at(-1)?.position ?? 0;
      await eventually('the line is there', async () => {
        return (await linesOf(next, instance.id, after)).includes('after the restart');
      });
      await next.stop(instance.id, 20_000);
      expect((await observeOne(next, instance.id))?.exit?.code).toBe(7);
    });

    test('P8: list by label: each instance says whose it is', async () => {
      const [one, two] = [newId('env'), newId('env')];
      const owner = newId('svc');
      const all = [
        await start({ environmentId: one, ownerId: owner, release: 4, replica: 1 }),
        await start({ environmentId: two, ownerId: owner, release: 5, replica: 2 }),
      ];
      const seen = (await runtime.observe()).filter(({ ownerId }) => ownerId === owner);
      expect(seen.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
      expect(seen.find(({ release }) => release === 5)).toMatchObject({ environmentId: two, replica: 2 });
      expect(await runtime.listEnvironments()).toEqual(expect.arrayContaining([one, two]));
    });

    test('P8: volume: what one instance wrote, the next one of the environment reads', async () => {
      const environmentId = newId('env');
      const source = await under.makeVolume();
      const mounts = [{ source, target: '/data/files' }];
      const path = `${under.volumePath('/data/files', source)}/file`;
      const first = await start({ environmentId, mounts });
      expect(await ask(first, '/write', { path, text: 'kept' })).toEqual({ result: null });
      await runtime.remove(first.id);
      const second = await start({ environmentId, mounts, release: 2 });
      expect(await ask(second, '/read', { path })).toEqual({ result: 'kept' });
      await runtime.remove(second.id);
    });

    test('A6: a volume of a service: one instance at a time has it, and finds it with its variable', async () => {
      const environmentId = newId('env');
      const source = await under.makeVolume();
      const mount = { source, target: '/data', variable: 'VOLUME_DATA', isExclusive: true };
      const first = await start({ environmentId, mounts: [mount] });
      const { env } = await ask<Info>(first, '/');
      const directory = env['VOLUME_DATA'];
      expect(directory).toBe(under.volumePath('/data', source));
      expect(await ask(first, '/write', { path: `${directory}/file`, text: 'kept' })).toEqual({
        result: null,
      });
      const second = specOf(under, { environmentId, mounts: [mount], release: 2 });
      const refused = await runtime.ensure(second).then(
        async () => (await untilExited(runtime, second.id)).code !== 0,
        () => true,
      );
      expect(refused).toBe(true);
      expect((await linesOf(runtime, second.id)).join()).not.toContain('started');
      await runtime.remove(second.id);
      await runtime.stop(first.id, 20_000);
      const third = await start({ environmentId, mounts: [mount], release: 3 });
      expect(await ask(third, '/read', { path: `${directory}/file` })).toEqual({ result: 'kept' });
      await runtime.remove(first.id);
      await runtime.remove(third.id);
    });

    test('P8, P12, P23: network alias: a name within the environment, and no way between two', async () => {
      const [one, two] = [newId('env'), newId('env')];
      const target = await start({ environmentId: one, aliases: ['db.internal'] });
      const beside = await start({ environmentId: one });
      const foreign = await start({ environmentId: two });
      await ask(target, '/');
      const port = under.containerPort ?? target.address?.port;
      const url = `http://${under.hasNetworks ? 'db.internal' : '127.0.0.1'}:${port}/`;
      expect(await ask(beside, '/fetch', { url })).toEqual({ status: 200 });
      if (!under.hasNetworks) return;
      expect(await ask(foreign, '/fetch', { url })).toHaveProperty('error');
      const { addresses } = await ask<{ addresses: string[] }>(target, '/');
      expect(addresses).toHaveLength(1);
      for (const host of addresses) {
        expect(await ask(beside, '/fetch', { url: `http://${host}:${port}/` })).toEqual({ status: 200 });
        expect(await ask(foreign, '/fetch', { url: `http://${host}:${port}/` })).toHaveProperty('error');
      }
    });

    test('P8: remove: no trace is left, and it may be repeated', async () => {
      const environmentId = newId('env');
      const running = await start({ environmentId });
      const exited = await start({ environmentId, variables: { BEHAVIOUR: 'exit 0' }, listens: false });
      await ask(running, '/');
      await runtime.remove(running.id);
      await runtime.remove(running.id);
      expect(await observeOne(runtime, running.id)).toBeUndefined();
      expect(await runtime.readLog(running.id, { after: 0, limit: 10 })).toEqual([]);
      await runtime.removeEnvironment(environmentId);
      expect(await observeOne(runtime, exited.id)).toBeUndefined();
      expect(await runtime.listEnvironments()).not.toContain(environmentId);
      await runtime.removeEnvironment(environmentId);
    });
  });
}

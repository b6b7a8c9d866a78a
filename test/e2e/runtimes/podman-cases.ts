import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPodmanStorage } from '../../../src/control-plane/apps/runtime/podman/podman-storage.ts';
import type { Runtime } from '../../../src/control-plane/apps/runtime/runtime.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { bundleScript, type ChildScript } from '../../setup/child-script.ts';
import { findSecrets, scanFiles } from '../find-secrets.ts';
import { openPodmanUnderTest, type PodmanUnderTest } from './podman-under-test.ts';
import { ask, linesOf, specOf, untilExited } from './runtime-under-test.ts';

/** What containers must withstand beside the 14 cases. */
export function describePodman(): void {
  describe('the runtime podman', () => {
    let under: PodmanUnderTest;
    let runtime: Runtime;
    let server: ChildScript;
    const environmentId = newId('env');

    beforeAll(async () => {
      under = await openPodmanUnderTest();
      runtime = under.open();
      server = await bundleScript(new URL('server.ts', import.meta.url));
      await runtime.ensureEnvironment(environmentId);
    });
    afterAll(async () => {
      await runtime.removeEnvironment(environmentId);
      server?.remove();
      expect(under.controlGroups()).toEqual([]);
      await under?.close();
    });

    test('P8: a server that is killed at any moment of a start leaves one container or none, and the next one makes it one', async () => {
      for (const killAfterMs of [0, 60, 120, 200, 300, 450]) {
        const spec = specOf(under, { environmentId });
        const killed = server.start('podman', JSON.stringify(under.options), JSON.stringify(spec));
        await once(killed.stdout, 'data');
        await delay(killAfterMs);
        killed.kill('SIGKILL');
        const instance = await runtime.ensure(spec);
        await ask(instance, '/');
        const lines = await linesOf(runtime, spec.id);
        expect(
          lines.filter((line) => line.startsWith('started')),
          `killed after ${killAfterMs} ms`,
        ).toHaveLength(1);
        expect((await runtime.observe()).filter(({ id }) => id === spec.id)).toHaveLength(1);
        await runtime.remove(spec.id);
      }
    });

    test('P8: a container that was created and not started is started by the next server', async () => {
      const spec = specOf(under, { environmentId });
      const { id } = await runtime.ensure(spec);
      const name = `ocpctl-${id}`;
      const [label] = (await runtime.observe()).filter((instance) => instance.id === id);
      expect(label?.exit).toBeUndefined();
      await under.podman.run(['rm', '--force', '--time', '0', name]);
      const labels = [`ocpctl.instance=${id}`, `ocpctl.env=${environmentId}`].flatMap((text) => [
        '--label',
        text,
      ]);
      const network = [
        '--network',
        `ocpctl-${environmentId}`,
        '--publish',
        '127.0.0.1::8080',
        '--env',
        'PORT=8080',
      ];
      const image = spec.artifact.kind === 'image' ? spec.artifact.reference : '';
      await under.podman.run([
        'create',
        '--name',
        name,
        '--quiet',
        ...labels,
        ...network,
        image,
        ...spec.command,
      ]);
      await ask(await runtime.ensure(spec), '/');
      await runtime.remove(id);
    });

    test('P8: a container that ended without the process that records it has exited', async () => {
      const instance = await runtime.ensure(specOf(under, { environmentId }));
      await ask(instance, '/');
      const pidFile = join(under.directory, 'logs', `${instance.id}.pid`);
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      await ask(instance, '/exit', { code: '4' });
      expect(await untilExited(under.open(), instance.id)).toMatchObject({ code: null, signal: null });
      await runtime.stop(instance.id, 1_000);
      await runtime.remove(instance.id);
    });

    test.runIf(process.getuid?.() === 0)(
      'P8: a container that another program killed was not out of memory',
      async () => {
        const instance = await runtime.ensure(specOf(under, { environmentId }));
        await ask(instance, '/');
        await under.podman.run(['kill', '--signal', 'KILL', `ocpctl-${instance.id}`]);
        expect(await untilExited(runtime, instance.id)).toMatchObject({
          signal: 'SIGKILL',
          isOutOfMemory: false,
        });
        await runtime.remove(instance.id);
      },
    );

    test('P10: a secret is in no argument, in no file that is ours or that other users can read, and in no error', async () => {
      const canary = newId('canary');
      const secrets = [{ name: 'TOKEN', value: canary }];
      const variables = { TOKEN: canary, KEY: `${canary}\nsecond line` };
      const instance = await runtime.ensure(specOf(under, { environmentId, variables }));
      expect((await ask<{ env: Record<string, string> }>(instance, '/')).env).toMatchObject(variables);
      const artifact = { kind: 'image', reference: 'localhost/missing:1' } as const;
      const error = await runtime
        .ensure(specOf(under, { environmentId, variables, artifact }))
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      const argv = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map((name) => ({ where: `/proc/${name}/cmdline`, bytes: readOrEmpty(`/proc/${name}/cmdline`) }));
      const { directory, runDirectory } = openPodmanStorage(under.options);
      // What podman keeps of a container has its variables: only the server may enter the folder.
      for (const folder of [directory, runDirectory]) expect(statSync(folder).mode & 0o077, folder).toBe(0);
      const storage = join(directory, 'storage');
      const ours = scanFiles(directory, (path) => path.startsWith(storage));
      const errors = { where: 'the error', bytes: Buffer.from(`${error} ${JSON.stringify(error)}`) };
      expect(findSecrets(secrets, [...argv, ...ours, errors])).toEqual([]);
      await runtime.remove(instance.id);
    });
  });
}

function readOrEmpty(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { AppService } from '../../src/contract/documents.ts';
import { Podman } from '../../src/control-plane/apps/runtime/podman/podman.ts';
import { openPodmanStorage } from '../../src/control-plane/apps/runtime/podman/podman-storage.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import { ensureInstallationId } from '../../src/control-plane/kernel/installation-id.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { findSecrets, scanFiles } from './find-secrets.ts';
import { whyNoPodman } from './runtimes/podman-under-test.ts';
import { controlGroupsOf } from './runtimes/runtime-under-test.ts';

const BUSYBOX = '/bin/busybox';
/** A secret variable of a service. */
const token = randomBytes(16).toString('hex');
const reason = await whyNoPodman();
if (reason !== undefined)
  process.stderr.write(
    `SKIPPED applications in containers: ${reason}; NO application was deployed with podman\n`,
  );

describe.skipIf(reason !== undefined)('applications in containers', { timeout: 600_000 }, () => {
  const apps = useAppsSite({ OCPCTL_APP_RUNTIME: 'podman' });
  /** That of the installation. */
  const openPodman = async () => {
    const installationId = await ensureInstallationId(apps().db, newId);
    const environment = { PATH: process.env['PATH'] ?? '', HOME: apps().site.folder };
    const directory = join(apps().appDir, 'containers');
    const storage = openPodmanStorage({ directory, installationId, environment });
    return { podman: new Podman({ storage, environment }), storage, installationId };
  };
  afterAll(async () => {
    const { podman, storage } = await openPodman();
    await Promise.all(apps().site.servers.map((server) => server.kill()));
    // Unmounts what it has mounted.
    await podman.run(['system', 'reset', '--force']);
    rmSync(storage.runDirectory, { recursive: true, force: true });
  });

  /** A site that shows its version, a variable, and what the service `web` answers. */
  const source = (
    name: string,
    version: string,
    command = 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]',
  ) => {
    const script = (body: string) => `#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n${body}\n`;
    const directory = apps().source(name, {
      Containerfile: [
        'FROM scratch',
        'COPY busybox /bin/busybox',
        'RUN ["/bin/busybox", "--install", "-s", "/bin"]',
        'COPY www /www',
        'EXPOSE 8080',
        command,
        '',
      ].join('\n'),
      'www/index.html': version,
      'www/cgi-bin/token': script('printf %s "$TOKEN"'),
      // With -T, the static busybox of Debian crashes.
      'www/cgi-bin/web': script('wget -qO- http://web:8080/ || printf unknown'),
    });
    copyFileSync(BUSYBOX, join(directory, 'busybox'));
    for (const name of ['token', 'web']) chmodSync(join(directory, 'www/cgi-bin', name), 0o755);
    return directory;
  };
  const deploy = (directory: string, name: string, ...flags: string[]) =>
    apps().json<AppService>('app', 'deploy', directory, '--name', name, ...flags);

  test('a database, which containers would not reach, is refused with the reason', async () => {
    const refused = await apps().cli(['app', 'db', 'create', 'main'], 5);
    expect(refused.stderr).toContain(
      'runs instances in containers, which do not reach databases of the host',
    );
  });

  test('P8, P14: a directory becomes a container behind a URL; changed, rolled back, broken, scaled, restarted, killed', async () => {
    const site = apps();
    const { podman } = await openPodman();
    const live = await deploy(source('web', 'one'), 'web');
    const answer = async () => (await site.ask(live)).text;
    expect(live).toMatchObject({ status: 'LIVE', release: 1, ready: 1 });
    expect(await answer()).toBe('one');
    await deploy(source('web', 'two'), 'web');
    expect(await answer()).toBe('two');
    await site.cli(['app', 'rollback', 'web']);
    expect(await answer()).toBe('one');
    const broken = source('broken', 'three', 'CMD ["sh", "-c", "echo cannot find the answer; exit 3"]');
    const failed = await site.cli(['app', 'deploy', broken, '--name', 'web'], 10);
    expect(failed.stderr).toContain('exit 3');
    expect(failed.stderr).toContain('cannot find the answer');
    expect(await answer()).toBe('one');

    await site.cli(['app', 'scale', 'web', '--replicas', '2']);
    await site.cli(['app', 'restart', 'web']);
    const { instances } = await site.getService('web');
    expect(instances.map(({ state }) => state)).toStrictEqual(['RUNNING', 'RUNNING']);
    const [victim] = instances;
    await podman.run(['kill', `ocpctl-${victim?.id}`]);
    await eventually('P24: another one is there', async () => {
      const now = await site.getService('web');
      return now.ready === 2 && now.instances.every(({ id }) => id !== victim?.id);
    });
    expect(await answer()).toBe('one');
  });

  test('P12, P16, P23: a service is known by its name within its environment, also after it was replaced, and unknown in another one', async () => {
    const site = apps();
    const file = join(site.site.folder, 'variables');
    writeFileSync(file, `TOKEN=${token}\n`);
    const caller = source('caller', 'caller');
    const beside = await deploy(caller, 'caller', '--var-file', file);
    const foreign = await deploy(caller, 'caller', '--env', 'other');
    rmSync(file);
    expect((await site.ask(beside, '/cgi-bin/web')).text).toBe('one');
    await deploy(source('web', 'two'), 'web');
    expect((await site.cli(['app', 'logs', 'web', '--build'])).stdout).toContain('was built before');
    expect((await site.ask(beside, '/cgi-bin/web')).text).toBe('two');
    expect((await site.ask(foreign, '/cgi-bin/web')).text).toBe('unknown');
    expect((await site.ask(beside, '/cgi-bin/token')).text).toBe(token);
  });

  test('P10: no image and no file that was built has the secret variable of a container', async () => {
    const site = apps();
    const { podman, storage } = await openPodman();
    const images = (await podman.run(['images', '--quiet', '--all'])).trim().split('\n');
    const inspected = await podman.run(['image', 'inspect', ...images]);
    expect(
      findSecrets(
        [{ name: 'token', value: token }],
        [
          { where: 'images', bytes: Buffer.from(inspected) },
          ...['overlay', 'overlay-images'].flatMap((folder) =>
            scanFiles(join(storage.directory, 'storage', folder)),
          ),
          ...scanFiles(site.site.folder),
        ],
      ),
    ).toStrictEqual([]);
  });

  test('A9: destroyed environments leave no container, network or cgroup', async () => {
    const site = apps();
    const { podman, installationId } = await openPodman();
    for (const environment of ['default', 'other'])
      await site.cli(['app', 'env', 'destroy', environment, '--yes']);
    expect((await podman.run(['ps', '--all', '--quiet'])).trim()).toBe('');
    expect(await podman.run(['network', 'ls', '--format', '{{.Name}}'])).not.toContain('ocpctl-');
    expect(controlGroupsOf(installationId)).toStrictEqual([]);
  });
});

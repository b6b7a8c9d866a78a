import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installerInventory } from '../../../../src/control-plane/clusters/installer/installer-inventory.ts';
import { createInstallers } from '../../../../src/control-plane/clusters/installer/installers.ts';
import { versionProbe } from '../../../../src/control-plane/clusters/installer/probe-version.ts';
import { runProgram } from '../../../../src/control-plane/kernel/process/run-program.ts';
import { archiveOf, publish, startMirror } from './fake-mirror.ts';
import { tempDir } from './temp-dir.ts';

/** A program that says which version it is, as the real one does. */
const saying = (version: string) =>
  `#!/bin/sh\necho "$0 ${version}"\necho "built from commit ${'0'.repeat(40)}"\n`;

async function program(file: string, content: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
  await chmod(file, 0o755);
  return file;
}

async function setUp(...configured: string[]) {
  const mirror = await startMirror();
  const dir = await tempDir();
  let asked = 0;
  const run = (file: string, args: readonly string[]) => {
    asked++;
    return runProgram(file, args, { env: { PATH: '/usr/bin:/bin' }, timeoutMs: 20_000 });
  };
  const supply = {
    sources: {
      configured: configured.map((path) => join(dir, path)),
      cacheDir: join(dir, 'cache'),
      probeVersion: versionProbe(run),
    },
    download: { baseUrl: mirror.url, platform: 'linux' as const, hostArch: 'x64' as const },
  };
  return {
    dir,
    mirror,
    supply,
    shelf: installerInventory(supply),
    installers: createInstallers(supply),
    offline: createInstallers({ ...supply, download: undefined }),
    asked: () => asked,
    offer: async (version: string, says = version) =>
      publish(mirror, version, await archiveOf({ 'openshift-install': saying(says) })),
  };
}

describe('installers for jobs', () => {
  it('downloads once for many jobs, tells each of them, and asks the binary for its version', async () => {
    const { installers, mirror, offer, supply, asked } = await setUp();
    await offer('4.20.3');
    const lines: string[][] = [[], [], []];
    const found = await Promise.all(
      lines.map((said) =>
        installers.forCreate('4.20.3', { onProgress: ({ phase }) => void said.push(phase) }),
      ),
    );
    expect(new Set(found.map(({ file }) => file))).toEqual(
      new Set([join(supply.sources.cacheDir, '4.20.3', 'openshift-install')]),
    );
    expect(mirror.requests.filter((path) => path.endsWith('.tar.gz'))).toHaveLength(1);
    for (const said of lines) expect(said.at(-1)).toBe('ready');
    await installers.forCreate('4.20.3', {});
    expect(asked()).toBe(1);
  });

  it('believes no mirror that gives another version than it says', async () => {
    const { installers, offer } = await setUp();
    await offer('4.20.3', '4.20.4');
    await expect(installers.forCreate('4.20.3', {})).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      hint: expect.stringContaining('is 4.20.4'),
    });
  });

  it('a configured one spares the download; a worker without a mirror has only those', async () => {
    const { dir, installers, offline, mirror } = await setUp('mine');
    const file = await program(join(dir, 'mine', 'openshift-install'), saying('4.20.3'));
    expect(await installers.forCreate('4.20.3', {})).toEqual({ version: '4.20.3', file, prefixArgs: [] });
    expect(mirror.requests).toEqual([]);
    await expect(offline.forCreate('4.20.4', {})).rejects.toMatchObject({ code: 'INSTALLER_NOT_FOUND' });
  });

  it('a replaced file is asked again', async () => {
    const { dir, offline } = await setUp('mine');
    const file = await program(join(dir, 'mine'), saying('4.20.3'));
    await offline.forCreate('4.20.3', {});
    await program(file, `${saying('4.20.5')}# newer\n`);
    expect((await offline.forCreate('4.20.5', {})).version).toBe('4.20.5');
  });

  it('L15: a destroy takes the nearest newer one that is there, and downloads only when there is none', async () => {
    const { dir, installers, mirror, offer } = await setUp('a', 'b', 'broken');
    await program(join(dir, 'a'), saying('4.21.0'));
    await program(join(dir, 'b'), saying('4.19.9'));
    await program(join(dir, 'broken'), '#!/bin/sh\nexit 3\n');
    expect((await installers.forDestroy('4.20.3', {})).version).toBe('4.21.0');
    expect(mirror.requests).toEqual([]);
    await offer('4.22.1');
    expect((await installers.forDestroy('4.22.1', {})).version).toBe('4.22.1');
    await offer('4.20.3');
    await installers.forCreate('4.20.3', {});
    expect((await installers.forDestroy('4.20.2', {})).version).toBe('4.20.3');
  });
});

describe('the shelf of an operator', () => {
  it('says in sentences how a download gets on', async () => {
    const { shelf, offer } = await setUp();
    await offer('4.20.3');
    const said: string[] = [];
    expect(await shelf.fetch('4.20.3', (line) => said.push(line))).toMatchObject({
      version: '4.20.3',
      source: 'cache',
      signature: 'not-checked',
      problem: null,
    });
    expect(said[0]).toBe('downloading openshift-install 4.20.3: reading its checksum');
    expect(said).toContain('downloading openshift-install 4.20.3: 100 % of 1 MiB');
    expect(said.at(-1)).toBe('openshift-install 4.20.3 is in the cache');
    expect(new Set(said).size).toBe(said.length);
  });
});

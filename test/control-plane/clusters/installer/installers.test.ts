import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installerInventory } from '../../../../src/control-plane/clusters/installer/installer-inventory.ts';
import { versionProbe } from '../../../../src/control-plane/clusters/installer/installer-version.ts';
import {
  createInstallers,
  destroyBinaryFor,
  type InstallerLocations,
  resolveInstaller,
} from '../../../../src/control-plane/clusters/installer/installers.ts';
import { runProgram } from '../../../../src/control-plane/kernel/process/run-program.ts';
import { archiveOf, publish, startMirror } from './fake-mirror.ts';
import { tempDir } from './temp-dir.ts';

const amd64 = (version: string) => ({ version, architecture: 'amd64', fips: false }) as const;

/** A program that says which version it is, as the real one does. */
const saying = (version: string, architecture?: string) =>
  `#!/bin/sh\necho "$0 ${version}"\necho "built from commit ${'0'.repeat(40)}"\n${architecture === undefined ? '' : `echo "release architecture ${architecture}"\n`}`;

async function program(file: string, content = ''): Promise<string> {
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
  const source = {
    locations: {
      configured: configured.map((path) => join(dir, path)),
      cacheDir: join(dir, 'cache'),
      probeVersion: versionProbe(run),
    },
    download: { baseUrl: mirror.url, platform: 'linux' as const, hostArch: 'x64' as const },
  };
  return {
    dir,
    mirror,
    source,
    inventory: installerInventory(source),
    installers: createInstallers(source),
    offline: createInstallers({ ...source, download: undefined }),
    asked: () => asked,
    offer: async (version: string, says = version) =>
      publish(mirror, version, await archiveOf({ 'openshift-install': saying(says) })),
  };
}

describe('installers for jobs', () => {
  it('downloads once for many jobs, tells each of them, and asks the binary for its version', async () => {
    const { installers, mirror, offer, source, asked } = await setUp();
    await offer('4.20.3');
    const lines: string[][] = [[], [], []];
    const found = await Promise.all(
      lines.map((said) =>
        installers.forCreate(amd64('4.20.3'), { onProgress: (message) => void said.push(message) }),
      ),
    );
    expect(new Set(found.map(({ file }) => file))).toEqual(
      new Set([join(source.locations.cacheDir, '4.20.3', 'openshift-install')]),
    );
    expect(mirror.requests.filter((path) => path.endsWith('.tar.gz'))).toHaveLength(1);
    for (const said of lines) expect(said.at(-1)).toBe('openshift-install 4.20.3 is in the cache');
    await installers.forCreate(amd64('4.20.3'), {});
    expect(asked()).toBe(1);
  });

  it('believes no mirror that gives another version than it says', async () => {
    const { installers, offer } = await setUp();
    await offer('4.20.3', '4.20.4');
    await expect(installers.forCreate(amd64('4.20.3'), {})).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      hint: expect.stringContaining('version 4.20.4'),
    });
  });

  it('a configured one spares the download; a worker without a mirror has only those', async () => {
    const { dir, installers, offline, mirror } = await setUp('mine');
    const file = await program(join(dir, 'mine', 'openshift-install'), saying('4.20.3'));
    expect(await installers.forCreate(amd64('4.20.3'), {})).toEqual({
      version: '4.20.3',
      file,
      prefixArgs: [],
    });
    expect(mirror.requests).toEqual([]);
    await expect(offline.forCreate(amd64('4.20.4'), {})).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
    });
  });

  it('a replaced file is asked again', async () => {
    const { dir, offline } = await setUp('mine');
    const file = await program(join(dir, 'mine'), saying('4.20.3'));
    await offline.forCreate(amd64('4.20.3'), {});
    await program(file, `${saying('4.20.5')}# newer\n`);
    expect((await offline.forCreate(amd64('4.20.5'), {})).version).toBe('4.20.5');
  });

  it('R9: an installer is chosen by version and by the architecture of its release', async () => {
    const { dir, installers, offline, mirror, source } = await setUp('a', 'b');
    await program(join(dir, 'a'), saying('4.20.3', 'amd64'));
    const multi = await program(join(dir, 'b'), saying('4.20.4', 'multi'));
    const need = (version: string, architecture: 'amd64' | 'arm64') => ({
      version,
      architecture,
      fips: false,
    });
    expect(await offline.forCreate(need('4.20.4', 'arm64'), {})).toMatchObject({ file: multi });
    await expect(offline.forCreate(need('4.20.3', 'arm64'), {})).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      message: 'no openshift-install 4.20.3 for arm64 on this worker',
      hint: expect.stringContaining(`${join(dir, 'a')} (version 4.20.3)`),
    });
    // Downloaded from the tree of its release, for the machine that runs it, beside the other one.
    const name = 'openshift-install-linux-amd64-4.20.3.tar.gz';
    const archive = await archiveOf({ 'openshift-install': saying('4.20.3', 'arm64') });
    publish(mirror, '4.20.3', archive, { tree: 'aarch64', name });
    const file = join(source.locations.cacheDir, '4.20.3+arm64', 'openshift-install');
    expect(await installers.forCreate(need('4.20.3', 'arm64'), {})).toMatchObject({ file });
    expect(await offline.forCreate(need('4.20.3', 'amd64'), {})).toMatchObject({ file: join(dir, 'a') });
  });

  it('R9: mixed machines get the installer of a multi release, from the folder of the host', async () => {
    const { installers, mirror, inventory } = await setUp();
    const archive = await archiveOf({ 'openshift-install': saying('4.20.3', 'multi') });
    publish(mirror, '4.20.3', archive, { tree: 'multi', host: '/amd64' });
    const need = { version: '4.20.3', architecture: 'multi', fips: false } as const;
    const { file } = await installers.forCreate(need, {});
    expect(await inventory.verify('4.20.3')).toMatchObject([{ architecture: 'multi', file, problem: null }]);
  });

  it('R9: a mirror that gives the installer of another architecture is not believed', async () => {
    const { installers, mirror } = await setUp();
    const name = 'openshift-install-linux-amd64-4.20.3.tar.gz';
    const archive = await archiveOf({ 'openshift-install': saying('4.20.3', 'amd64') });
    publish(mirror, '4.20.3', archive, { tree: 'aarch64', name });
    const need = { version: '4.20.3', architecture: 'arm64', fips: false } as const;
    await expect(installers.forCreate(need, {})).rejects.toMatchObject({ code: 'INSTALLER_NOT_FOUND' });
  });

  it('R11: a cluster in FIPS mode gets the FIPS build, configured by its name or downloaded', async () => {
    const { dir, installers, offline, mirror } = await setUp('mine');
    const plain = await program(join(dir, 'mine', 'openshift-install'), saying('4.20.3'));
    const need = { version: '4.20.3', architecture: 'amd64', fips: true } as const;
    await expect(offline.forCreate(need, {})).rejects.toMatchObject({
      message: 'no openshift-install 4.20.3 with FIPS on this worker',
    });
    const archive = await archiveOf({ 'openshift-install-fips': saying('4.20.3') });
    publish(mirror, '4.20.3', archive, { name: 'openshift-install-rhel9-amd64.tar.gz' });
    expect((await installers.forCreate(need, {})).file).toContain('4.20.3+amd64-fips');
    const fips = await program(join(dir, 'mine', 'openshift-install-fips'), saying('4.20.3'));
    expect((await offline.forCreate(need, {})).file).toBe(fips);
    expect((await offline.forCreate(amd64('4.20.3'), {})).file).toBe(plain);
  });

  it('L15: a destroy takes the nearest newer one that is there, and downloads only when there is none', async () => {
    const { dir, installers, mirror, offer } = await setUp('a', 'b', 'broken');
    await program(join(dir, 'a'), saying('4.21.0'));
    await program(join(dir, 'b'), saying('4.19.9'));
    await program(join(dir, 'broken'), '#!/bin/sh\nexit 3\n');
    expect((await installers.forDestroy('4.20.3', {})).version).toBe('4.21.0');
    expect(mirror.requests).toEqual([]);
    const extract = async () => ({ version: '4.23.0-0.nightly', file: 'extracted', prefixArgs: [] });
    expect((await installers.forDestroy('4.20.3', { extract })).version).toBe('4.21.0');
    expect((await installers.forDestroy('4.23.0-0.nightly', { extract })).file).toBe('extracted');
    await offer('4.22.1');
    expect((await installers.forDestroy('4.22.1', {})).version).toBe('4.22.1');
    await offer('4.20.3');
    await installers.forCreate(amd64('4.20.3'), {});
    expect((await installers.forDestroy('4.20.2', {})).version).toBe('4.20.3');
  });
});

/** Installers that say the version that the test gives them. */
async function locationsOf(says: Record<string, string>) {
  const dir = await tempDir();
  const cacheDir = join(dir, 'cache');
  const make = (...configured: string[]): InstallerLocations => ({
    configured,
    cacheDir,
    probeVersion: async (file) => {
      const name = Object.keys(says).find((key) => file.endsWith(key));
      const version = name && says[name];
      if (!version) throw new Error('exec format error');
      return { version, releaseImage: undefined, releaseArchitecture: undefined };
    },
  });
  return { dir, cacheDir, make };
}

describe('resolveInstaller', () => {
  it('takes a configured one, in a folder too, before the cached one', async () => {
    const { dir, cacheDir, make } = await locationsOf({
      other: '4.20.5',
      exact: '4.20.3',
      'openshift-install-a': '4.20.3',
      'openshift-install': '4.20.3',
    });
    const other = await program(join(dir, 'other'));
    const exact = await program(join(dir, 'exact'));
    const folder = join(dir, 'folder');
    const inFolder = await program(join(folder, 'openshift-install-a'));
    await program(join(folder, 'README'));
    const below = await program(join(join(dir, 'below', '4.20.3'), 'openshift-install'));
    const cached = await program(join(join(cacheDir, '4.20.3'), 'openshift-install'));
    const found = async (...configured: string[]) =>
      (await resolveInstaller(amd64('4.20.3'), make(...configured))).file;
    expect(await found(other, exact, folder)).toBe(exact);
    expect(await found(other, folder, exact)).toBe(inFolder);
    expect(await found(join(dir, 'below'))).toBe(below);
    expect(await found(other)).toBe(cached);
    expect(await resolveInstaller(amd64('4.20.3'), make())).toEqual({
      version: '4.20.3',
      file: cached,
      prefixArgs: [],
    });
  });

  it('believes the binary, not its name, and says what it tried', async () => {
    const { dir, cacheDir, make } = await locationsOf({ 'openshift-install-4.20.3': '4.20.5' });
    const plain = await program(join(dir, 'plain'));
    await chmod(plain, 0o644);
    const broken = await program(join(dir, 'broken'));
    const liar = await program(join(dir, 'openshift-install-4.20.3'));
    await expect(resolveInstaller(amd64('4.20.3'), make(broken, liar, plain))).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      hint: `tried ${broken} (cannot be run: exec format error), ${liar} (version 4.20.5), ${plain} (not executable), ${join(cacheDir, '4.20.3', 'openshift-install')} (not found)`,
    });
  });

  it.each(['../../etc', '4.20.3/../..', '', '.', 'a'])('refuses %j as a version', async (version) => {
    const { make } = await locationsOf({});
    await expect(resolveInstaller(amd64(version), make())).rejects.toMatchObject({
      code: 'INSTALLER_VERSION_UNKNOWN',
    });
  });
});

describe('destroyBinaryFor', () => {
  const available = ['4.19.9', '4.21.0', '4.20.5', '4.20.4'].map((version) => ({ version }));

  it.each([
    ['4.20.4', '4.20.4'],
    ['4.20.3', '4.20.4'],
    ['4.16.1', '4.19.9'],
    ['4.20.9', '4.21.0'],
    ['4.20.0-0.nightly-2026-01-02-030405', '4.20.4'],
    ['nightly', '4.21.0'],
  ])('for %s takes %s', (version, expected) => {
    expect(destroyBinaryFor(version, available)?.version).toBe(expected);
  });

  it('finds nothing when all are older', () => {
    expect(destroyBinaryFor('4.22.0', available)).toBeUndefined();
    expect(destroyBinaryFor('nightly', [])).toBeUndefined();
  });
});

describe('the inventory of a host', () => {
  it('says in sentences how a download gets on', async () => {
    const { inventory, offer } = await setUp();
    await offer('4.20.3');
    const said: string[] = [];
    expect(await inventory.fetch(amd64('4.20.3'), (line) => said.push(line))).toMatchObject({
      version: '4.20.3',
      source: 'cache',
      signature: 'not-checked',
      problem: null,
    });
    expect(said[0]).toBe('downloading openshift-install 4.20.3: reading its checksum');
    expect(said).toContain('downloading openshift-install 4.20.3: 100% of 1 MiB');
    expect(said.at(-1)).toBe('openshift-install 4.20.3 is in the cache');
    expect(new Set(said).size).toBe(said.length);
  });
});

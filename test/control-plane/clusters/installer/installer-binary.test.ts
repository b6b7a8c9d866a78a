import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  destroyBinaryFor,
  type InstallerLocations,
  resolveInstaller,
} from '../../../../src/control-plane/clusters/installer/installer-binary.ts';
import {
  compareVersions,
  isPrerelease,
  minorOf,
  readInstallerVersion,
} from '../../../../src/control-plane/clusters/installer/installer-version.ts';
import { tempDir } from './temp-dir.ts';

describe('readInstallerVersion', () => {
  it('reads all lines', () => {
    const stdout =
      '/opt/my tools/openshift-install 4.20.3\nbuilt from commit 0123456789abcdef0123456789abcdef01234567\n' +
      'release image quay.io/openshift-release-dev/ocp-release@sha256:00aa\nrelease architecture multi\ndefault architecture amd64\n';
    expect(readInstallerVersion(stdout)).toEqual({
      version: '4.20.3',
      commit: '0123456789abcdef0123456789abcdef01234567',
      releaseImage: 'quay.io/openshift-release-dev/ocp-release@sha256:00aa',
      architecture: 'multi',
      defaultArchitecture: 'amd64',
    });
  });

  it('reads one line, with a v', () => {
    expect(readInstallerVersion('openshift-install v4.21.0-ec.2')).toMatchObject({
      version: '4.21.0-ec.2',
      commit: undefined,
    });
  });

  it.each(['', 'openshift-install', 'openshift-install unreleased\n'])('refuses %j', (stdout) => {
    expect(() => readInstallerVersion(stdout)).toThrow(
      expect.objectContaining({ code: 'INSTALLER_VERSION_UNREADABLE' }),
    );
  });
});

describe('versions', () => {
  it('are ordered as semantic versions', () => {
    const ordered = [
      'nonsense',
      '4.9.59',
      '4.16.24',
      '4.20.0-0.nightly-2026-01-02-030405',
      '4.20.0-ec.2',
      '4.20.0-ec.10',
      '4.20.0-rc.1',
      '4.20.0-rc.1.x',
      '4.20.0',
      '4.20.3',
      '4.20.10',
      '5.0.0',
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
    expect(compareVersions('4.20.3', '4.20.3')).toBe(0);
  });

  it('know their minor line and whether they are released', () => {
    expect(minorOf('4.20.0-rc.1')).toBe('4.20');
    expect(minorOf('latest')).toBeUndefined();
    expect(isPrerelease('4.20.0-rc.1')).toBe(true);
    expect(isPrerelease('4.20.0')).toBe(false);
  });
});

async function program(dir: string, name: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const file = join(dir, name);
  await writeFile(file, '');
  await chmod(file, 0o755);
  return file;
}

/** Installers that say the version that the test gives them. */
async function sources(says: Record<string, string>) {
  const dir = await tempDir();
  const cacheDir = join(dir, 'cache');
  const make = (...configured: string[]): InstallerLocations => ({
    configured,
    cacheDir,
    probeVersion: async (file) => {
      const name = Object.keys(says).find((key) => file.endsWith(key));
      const version = name && says[name];
      if (!version) throw new Error('exec format error');
      return version;
    },
  });
  return { dir, cacheDir, make };
}

describe('resolveInstaller', () => {
  it('takes a configured one, in a folder too, before the cached one', async () => {
    const { dir, cacheDir, make } = await sources({
      other: '4.20.5',
      exact: '4.20.3',
      'openshift-install-a': '4.20.3',
      'openshift-install': '4.20.3',
    });
    const other = await program(dir, 'other');
    const exact = await program(dir, 'exact');
    const folder = join(dir, 'folder');
    const inFolder = await program(folder, 'openshift-install-a');
    await program(folder, 'README');
    const below = await program(join(dir, 'below', '4.20.3'), 'openshift-install');
    const cached = await program(join(cacheDir, '4.20.3'), 'openshift-install');
    const found = async (...configured: string[]) =>
      (await resolveInstaller('4.20.3', make(...configured))).file;
    expect(await found(other, exact, folder)).toBe(exact);
    expect(await found(other, folder, exact)).toBe(inFolder);
    expect(await found(join(dir, 'below'))).toBe(below);
    expect(await found(other)).toBe(cached);
    expect(await resolveInstaller('4.20.3', make())).toEqual({
      version: '4.20.3',
      file: cached,
      prefixArgs: [],
    });
  });

  it('believes the binary, not its name, and says what it tried', async () => {
    const { dir, cacheDir, make } = await sources({ 'openshift-install-4.20.3': '4.20.5' });
    const plain = await program(dir, 'plain');
    await chmod(plain, 0o644);
    const broken = await program(dir, 'broken');
    const liar = await program(dir, 'openshift-install-4.20.3');
    await expect(resolveInstaller('4.20.3', make(broken, liar, plain))).rejects.toMatchObject({
      code: 'INSTALLER_NOT_FOUND',
      hint: `tried ${broken} (does not run: exec format error), ${liar} (is 4.20.5), ${plain} (not executable), ${join(cacheDir, '4.20.3', 'openshift-install')} (not there)`,
    });
  });

  it.each(['../../etc', '4.20.3/../..', '', '.', 'a'])('refuses %j as a version', async (version) => {
    const { make } = await sources({});
    await expect(resolveInstaller(version, make())).rejects.toMatchObject({
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

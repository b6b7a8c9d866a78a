import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  listCachedInstallers,
  readCacheRecord,
  verifyCachedInstaller,
} from '../../../../src/control-plane/clusters/installer/installer-cache.ts';
import {
  type DownloadOptions,
  downloadInstaller,
} from '../../../../src/control-plane/clusters/installer/installer-download.ts';
import type { Clock } from '../../../../src/control-plane/kernel/clock.ts';
import { archiveOf, type FakeMirror, publish, sha256, startMirror } from './fake-mirror.ts';
import { tempDir } from './temp-dir.ts';

const VERSION = '4.20.3';
const BINARY = `#!/bin/sh\n${'x'.repeat(100_000)}\n`;
const ARCHIVE = await archiveOf({
  'README.md': 'read me',
  'openshift-install': BINARY,
  'other/openshift-install': 'not this',
});

async function setUp(options: Partial<DownloadOptions> = {}) {
  const mirror = await startMirror();
  const cacheDir = join(await tempDir(), 'cache');
  const download = (version = VERSION, more: Partial<DownloadOptions> = {}) =>
    downloadInstaller(
      { version, architecture: 'amd64', fips: false },
      {
        cacheDir,
        baseUrl: mirror.url,
        platform: 'linux',
        hostArch: 'x64',
        ...options,
        ...more,
      },
    );
  return { mirror, cacheDir, download };
}

/** Whatever went wrong: no half of an installer, no lock, no work left behind. */
async function expectEmpty(cacheDir: string): Promise<void> {
  expect(await readdir(cacheDir).catch(() => [])).toEqual([]);
}

const archiveRequests = (mirror: FakeMirror) => mirror.requests.filter((path) => path.endsWith('.tar.gz'));

describe('downloadInstaller', () => {
  it('brings the one file that counts, executable, without the archive’s odd modes', async () => {
    const { mirror, cacheDir, download } = await setUp();
    const { archivePath } = publish(mirror, VERSION, ARCHIVE);
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    const progress: string[] = [];
    const installer = await download(VERSION, { onProgress: (message) => progress.push(message) });
    expect(installer).toMatchObject({
      version: VERSION,
      url: `${mirror.url.replace('/pub', '')}${archivePath}`,
      archiveSha256: sha256(ARCHIVE),
      binarySha256: sha256(BINARY),
      signature: 'not-checked',
    });
    const file = join(cacheDir, VERSION, 'openshift-install');
    expect(await readFile(file, 'utf8')).toBe(BINARY);
    expect((await stat(file)).mode & 0o7777).toBe(0o755);
    expect(await readdir(cacheDir)).toEqual([VERSION]);
    expect((await readdir(join(cacheDir, VERSION))).sort()).toEqual(['installer.json', 'openshift-install']);
    expect(progress[0]).toBe(`downloading openshift-install ${VERSION}: reading its checksum`);
    expect(progress).toContain(`downloading openshift-install ${VERSION}: 100% of 1 MiB`);
    expect(progress.at(-1)).toBe(`openshift-install ${VERSION} is in the cache`);
    expect(new Set(progress).size).toBe(progress.length);
  });

  it('asks no one when the cache has it', async () => {
    const { mirror, download } = await setUp();
    publish(mirror, VERSION, ARCHIVE);
    await download();
    mirror.requests.length = 0;
    expect(await download()).toMatchObject({ binarySha256: sha256(BINARY) });
    expect(mirror.requests).toEqual([]);
  });

  it('fetches once for many callers', async () => {
    const { mirror, cacheDir, download } = await setUp();
    publish(mirror, VERSION, ARCHIVE);
    const installers = await Promise.all(Array.from({ length: 20 }, () => download()));
    expect(new Set(installers.map(({ fetchedAt }) => fetchedAt)).size).toBe(1);
    expect(archiveRequests(mirror)).toHaveLength(1);
    expect(await readdir(cacheDir)).toEqual([VERSION]);
  });

  it('fetches once for many processes', async () => {
    const { mirror, cacheDir } = await setUp();
    publish(mirror, VERSION, ARCHIVE);
    const bundle = join(await tempDir(), 'download.cjs');
    await build({
      stdin: {
        contents: `import { downloadInstaller } from './src/control-plane/clusters/installer/installer-download.ts';
          const options = JSON.parse(process.argv[2]);
          downloadInstaller({ version: '${VERSION}', architecture: 'amd64', fips: false }, options).then((made) => process.stdout.write(made.fetchedAt));`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile: bundle,
      logLevel: 'error',
    });
    const options = JSON.stringify({ cacheDir, baseUrl: mirror.url, platform: 'linux', hostArch: 'x64' });
    const runs = Array.from({ length: 3 }, () => promisify(execFile)(process.execPath, [bundle, options]));
    const said = (await Promise.all(runs)).map(({ stdout }) => stdout);
    expect(new Set(said).size).toBe(1);
    expect(archiveRequests(mirror)).toHaveLength(1);
  });

  it('lets a waiter continue when the caller that downloads gives up', async () => {
    const { mirror, download } = await setUp();
    const { archivePath } = publish(mirror, VERSION, ARCHIVE);
    const controller = new AbortController();
    let begin = () => {};
    const downloading = new Promise<void>((resolve) => {
      begin = resolve;
    });
    mirror.files.set(archivePath, (response) => {
      response.write(ARCHIVE.subarray(0, 100));
      mirror.files.set(archivePath, ARCHIVE);
      begin();
    });
    const first = download(VERSION, { signal: controller.signal });
    await downloading;
    const second = download(VERSION, {
      onProgress: (message) => {
        if (message.startsWith('waiting')) controller.abort(new Error('cancelled'));
      },
    });
    const [given, taken] = await Promise.allSettled([first, second]);
    expect(given).toMatchObject({ status: 'rejected', reason: { message: 'cancelled' } });
    expect(taken).toMatchObject({ status: 'fulfilled', value: { binarySha256: sha256(BINARY) } });
  });

  it('takes the lock of a process that died', async () => {
    const { mirror, cacheDir, download } = await setUp();
    publish(mirror, VERSION, ARCHIVE);
    await mkdir(join(cacheDir, `.${VERSION}.lock`, 'entry'), { recursive: true });
    await writeFile(join(cacheDir, `.${VERSION}.lock`, 'entry', 'openshift-install'), 'half');
    let nowMs = 0;
    const clock: Clock = {
      now: () => new Date(),
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    };
    await download(VERSION, { clock });
    expect(archiveRequests(mirror)).toHaveLength(1);
    expect(nowMs).toBeGreaterThanOrEqual(30_000);
    expect(await readdir(cacheDir)).toEqual([VERSION]);
  });

  it('waits as long as the holder shows that it lives', async () => {
    const { mirror, cacheDir, download } = await setUp();
    publish(mirror, VERSION, ARCHIVE);
    const lock = join(cacheDir, `.${VERSION}.lock`);
    await mkdir(lock, { recursive: true });
    let nowMs = 0;
    const waiting: string[] = [];
    const controller = new AbortController();
    const clock: Clock = {
      now: () => new Date(),
      monotonicMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
        await utimes(lock, nowMs / 1000, nowMs / 1000);
        if (nowMs > 120_000) controller.abort(new Error('enough seen'));
      },
    };
    const onProgress = (message: string) => waiting.push(message);
    await expect(download(VERSION, { clock, onProgress, signal: controller.signal })).rejects.toThrow(
      'enough seen',
    );
    expect(waiting).toEqual([`waiting for another download of openshift-install ${VERSION}`]);
    expect(mirror.requests).toEqual([]);
  });

  it('refuses an archive that is not what the checksums say', async () => {
    const { mirror, cacheDir, download } = await setUp();
    const { archivePath } = publish(mirror, VERSION, ARCHIVE);
    mirror.files.set(archivePath, await archiveOf({ 'openshift-install': '#!/bin/sh\nevil\n' }));
    await expect(download()).rejects.toMatchObject({
      code: 'INSTALLER_CHECKSUM_MISMATCH',
      hint: expect.stringContaining(sha256(ARCHIVE)),
    });
    await expectEmpty(cacheDir);
  });

  it('refuses a transfer that breaks off, and succeeds at the next try', async () => {
    const { mirror, cacheDir, download } = await setUp();
    const { archivePath } = publish(mirror, VERSION, ARCHIVE);
    mirror.files.set(archivePath, (response) => {
      response.writeHead(200, { 'content-length': ARCHIVE.length });
      response.write(ARCHIVE.subarray(0, ARCHIVE.length >> 1), () => response.destroy());
    });
    await expect(download()).rejects.toMatchObject({ code: 'INSTALLER_DOWNLOAD_FAILED' });
    await expectEmpty(cacheDir);
    mirror.files.set(archivePath, ARCHIVE);
    expect(await download()).toMatchObject({ binarySha256: sha256(BINARY) });
  });

  it.each([
    ['is cut short', async () => ARCHIVE.subarray(0, ARCHIVE.length - 50)],
    ['is not an archive', async () => new TextEncoder().encode('<html>maintenance</html>')],
    ['lacks the installer', async () => await archiveOf({ 'README.md': 'x' })],
    ['is empty', async () => new Uint8Array()],
  ])('refuses an archive that %s though its checksum is right', async (_, make) => {
    const { mirror, cacheDir, download } = await setUp();
    publish(mirror, VERSION, await make());
    await expect(download()).rejects.toMatchObject({ code: 'INSTALLER_ARCHIVE_CORRUPT' });
    await expectEmpty(cacheDir);
  });

  it('says which versions there are when this one is not', async () => {
    const { mirror, cacheDir, download } = await setUp();
    const names = ['4.19.9', '4.20.4', '4.20.10', '4.20.5', 'latest', 'stable-4.20'];
    mirror.files.set(
      '/pub/x86_64/clients/ocp/',
      names.map((name) => `<a href="${name}/">${name}/</a>`).join('\n'),
    );
    await expect(download()).rejects.toMatchObject({
      code: 'INSTALLER_VERSION_UNKNOWN',
      hint: 'it has 4.20.4, 4.20.5, 4.20.10',
    });
    await expectEmpty(cacheDir);
    await expect(download('4.18.1')).rejects.toMatchObject({
      hint: 'it has 4.19.9, 4.20.4, 4.20.5, 4.20.10',
    });
    mirror.files.clear();
    await expect(download()).rejects.toMatchObject({
      hint: expect.stringMatching(/^looked in http.*clients\/$/),
    });
  });

  it('looks for candidates among the previews first, then among the releases', async () => {
    const { mirror, download } = await setUp();
    publish(mirror, '4.21.0-ec.2', ARCHIVE, { stream: 'ocp-dev-preview' });
    publish(mirror, '4.21.0-rc.1', ARCHIVE);
    expect((await download('4.21.0-ec.2')).url).toContain('/ocp-dev-preview/');
    expect((await download('4.21.0-rc.1')).url).toContain('/ocp/');
  });

  it.each([
    ['linux', 'arm64', 'openshift-install-linux-arm64-4.20.3.tar.gz'],
    ['darwin', 'arm64', 'openshift-install-mac-arm64-4.20.3.tar.gz'],
    ['darwin', 'x64', 'openshift-install-mac-4.20.3.tar.gz'],
  ] as const)('takes the archive for %s on %s', async (platform, hostArch, name) => {
    const { mirror, download } = await setUp({ platform, hostArch });
    publish(mirror, VERSION, ARCHIVE, { name });
    expect((await download()).url).toMatch(new RegExp(`/${name}$`));
  });

  it('explains a mirror that fails, and one that is not there', async () => {
    const { mirror, download } = await setUp();
    mirror.files.set(
      `/pub/x86_64/clients/ocp/${VERSION}/sha256sum.txt`,
      (response) => void response.writeHead(503).end(),
    );
    await expect(download()).rejects.toMatchObject({
      code: 'INSTALLER_DOWNLOAD_FAILED',
      message: expect.stringContaining('503'),
    });
    await expect(download(VERSION, { baseUrl: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'INSTALLER_DOWNLOAD_FAILED',
    });
  });

  it('explains a list that lacks the archive, and a listed archive that is not there', async () => {
    const { mirror, download } = await setUp();
    const { archivePath, checksumsPath } = publish(mirror, VERSION, ARCHIVE);
    mirror.files.delete(archivePath);
    await expect(download()).rejects.toMatchObject({ code: 'INSTALLER_VERSION_UNKNOWN' });
    mirror.files.set(checksumsPath, '<html>');
    await expect(download()).rejects.toMatchObject({ code: 'INSTALLER_VERSION_UNKNOWN' });
  });

  it('replaces a folder that no one checked', async () => {
    const { mirror, cacheDir, download } = await setUp();
    publish(mirror, VERSION, ARCHIVE);
    await mkdir(join(cacheDir, VERSION), { recursive: true });
    await writeFile(join(cacheDir, VERSION, 'openshift-install'), 'from somewhere');
    await download();
    expect(await readFile(join(cacheDir, VERSION, 'openshift-install'), 'utf8')).toBe(BINARY);
    expect(await readdir(cacheDir)).toEqual([VERSION]);
  });
});

describe('signatures', () => {
  it('believes only what the signature proves', async () => {
    const { mirror, download } = await setUp();
    const { checksumsPath } = publish(mirror, VERSION, ARCHIVE);
    const name = `openshift-install-linux-${VERSION}.tar.gz`;
    mirror.files.set(`${checksumsPath}.gpg`, 'sig');
    mirror.files.set(checksumsPath, `${sha256('evil')}  ${name}\n`);
    const verifySignature = async ({ signature }: { signature: Uint8Array }) => {
      expect(new TextDecoder().decode(signature)).toBe('sig');
      return new TextEncoder().encode(`${sha256(ARCHIVE)}  ${name}\n`);
    };
    expect(await download(VERSION, { verifySignature })).toMatchObject({ signature: 'verified' });
  });

  it('refuses a bad signature, and a missing one, before it fetches an archive', async () => {
    const { mirror, cacheDir, download } = await setUp();
    const { checksumsPath } = publish(mirror, VERSION, ARCHIVE);
    const verifySignature = async () => {
      throw new Error('BAD signature');
    };
    await expect(download(VERSION, { verifySignature })).rejects.toMatchObject({
      code: 'INSTALLER_DOWNLOAD_FAILED',
    });
    mirror.files.set(`${checksumsPath}.gpg`, 'sig');
    await expect(download(VERSION, { verifySignature })).rejects.toMatchObject({
      code: 'INSTALLER_SIGNATURE_INVALID',
      hint: 'BAD signature',
    });
    expect(archiveRequests(mirror)).toEqual([]);
    await expectEmpty(cacheDir);
  });
});

describe('the cache', () => {
  it('lists what it holds, oldest first, and finds what was changed', async () => {
    const { mirror, cacheDir, download } = await setUp();
    for (const version of ['4.20.10', '4.20.3']) {
      publish(mirror, version, ARCHIVE);
      await download(version);
    }
    expect((await listCachedInstallers(cacheDir)).map(({ version }) => version)).toEqual([
      '4.20.3',
      '4.20.10',
    ]);
    const record = await readCacheRecord(cacheDir, { version: VERSION, architecture: 'amd64', fips: false });
    if (!record) throw new Error('the record is missing');
    await verifyCachedInstaller(cacheDir, record);
    await writeFile(join(cacheDir, VERSION, 'openshift-install'), 'changed');
    await expect(verifyCachedInstaller(cacheDir, record)).rejects.toMatchObject({
      code: 'INSTALLER_CHECKSUM_MISMATCH',
    });
    expect(
      await readCacheRecord(cacheDir, { version: '4.1.1', architecture: 'amd64', fips: false }),
    ).toBeUndefined();
    expect(await listCachedInstallers(join(cacheDir, 'nowhere'))).toEqual([]);
  });
});

import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  assertFreeDisk,
  installDirs,
  prepareInstallDir,
  removeInstallDir,
} from '../../../../src/control-plane/clusters/installer/install-dir.ts';
import { tempDir } from './temp-dir.ts';

const JOB = 'job_01hzy0000000000000000000';

describe('prepareInstallDir', () => {
  it('G15: makes private folders per job and attempt, whatever the umask', async () => {
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    const dirs = await prepareInstallDir(join(await tempDir(), 'new', 'root'), JOB, 2);
    for (const dir of Object.values(dirs)) expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect(dirs.install).toMatch(/job_01hzy0+\/attempt-2\/install$/);
  });

  it('refuses a directory that was used before', async () => {
    const root = await tempDir();
    await prepareInstallDir(root, JOB, 1);
    await expect(prepareInstallDir(root, JOB, 1)).rejects.toMatchObject({ code: 'INSTALL_DIR_EXISTS' });
  });

  it('V1: G15: removes what earlier attempts of the job left, and nothing else', async () => {
    const root = await tempDir();
    await prepareInstallDir(root, JOB, 1);
    await prepareInstallDir(root, `${JOB}-undo`, 2);
    const other = await prepareInstallDir(root, `${JOB}x`, 1);
    await writeFile(join(root, JOB, 'note'), 'of an operator');
    await prepareInstallDir(root, JOB, 3);
    expect((await readdir(join(root, JOB))).sort()).toEqual(['attempt-3', 'note']);
    expect((await readdir(root)).sort()).toEqual([JOB, `${JOB}x`]);
    expect((await stat(other.base)).isDirectory()).toBe(true);
  });

  it.each([
    ['../x', 1],
    ['a/b', 1],
    ['', 1],
    ['.', 1],
    [JOB, 0],
    [JOB, 1.5],
    [JOB, Number.NaN],
  ])('refuses %j, attempt %s', (jobId, attempt) => {
    expect(() => installDirs('/root', jobId, attempt)).toThrow(
      expect.objectContaining({ code: 'INSTALL_DIR_NAME_INVALID' }),
    );
  });
});

describe('removeInstallDir', () => {
  it('removes the attempt, and the job’s folder with its last attempt', async () => {
    const root = await tempDir();
    const second = await prepareInstallDir(root, JOB, 2);
    const first = installDirs(root, JOB, 1);
    await mkdir(first.install, { recursive: true });
    await mkdir(join(first.install, 'auth'));
    await writeFile(join(first.install, 'auth', 'kubeconfig'), 'x', { mode: 0o400 });
    await removeInstallDir(first);
    expect(await readdir(join(root, JOB))).toEqual(['attempt-2']);
    await removeInstallDir(second);
    await removeInstallDir(second);
    expect(await readdir(root)).toEqual([]);
  });
});

describe('assertFreeDisk', () => {
  const free = (mebibytes: number) => async () => ({ bavail: mebibytes * 256, bsize: 4096 });

  it('refuses a disk that is too small, with what is missing', async () => {
    await expect(assertFreeDisk('/w', 5000, free(4999))).rejects.toMatchObject({
      code: 'DISK_TOO_SMALL',
      message: 'not enough disk space for an install: 4999 MiB free, 5000 MiB needed',
    });
    await assertFreeDisk('/w', 5000, free(5000));
  });

  it('asks the file system', async () => {
    const dir = await tempDir();
    await assertFreeDisk(dir, 0);
    await expect(assertFreeDisk(dir, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({
      code: 'DISK_TOO_SMALL',
    });
  });
});

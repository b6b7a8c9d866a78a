import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareInstallDir } from '../../../../src/control-plane/clusters/installer/install-dir.ts';
import {
  assertWorkFolder,
  asWorkFolderError,
  isDiskFailure,
} from '../../../../src/control-plane/clusters/installer/work-folder.ts';
import { ArtifactError } from '../../../../src/control-plane/kernel/artifacts/artifact-error.ts';
import { tempDir } from './temp-dir.ts';

/** What Node throws when a system call fails. */
function failed(code: string, syscall: string, path?: string): Error {
  const named = path === undefined ? '' : ` '${path}'`;
  return Object.assign(new Error(`${code}: it failed, ${syscall}${named}`), { code, syscall, path });
}

const fails = (code: string) => async (file: string) => {
  throw failed(code, 'open', file);
};

test('N8: a work folder that can be used is created, and nothing is left in it', async () => {
  const folder = join(await tempDir(), 'work');
  await assertWorkFolder(folder);
  await assertWorkFolder(folder);
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['EROFS', 'WORK_FOLDER_UNUSABLE', 'is read-only', 'the work folder'],
  ['EACCES', 'WORK_FOLDER_UNUSABLE', 'is not writable', 'the work folder'],
  ['EIO', 'WORK_FOLDER_UNUSABLE', 'cannot be used: EIO', 'the work folder'],
  ['ENOSPC', 'DISK_TOO_SMALL', '', 'no space left on the work folder'],
  ['EDQUOT', 'DISK_TOO_SMALL', '', 'no space left on the work folder'],
])('N8: V3: a work folder with %s is %s, and its path is named', async (code, expected, what, name) => {
  const folder = join(await tempDir(), 'work');
  await expect(assertWorkFolder(folder, fails(code))).rejects.toMatchObject({
    code: expected,
    message: `${name} ${folder}${what && ` ${what}`}`,
    hint: expect.any(String),
  });
});

test('N8: a file where the work folder belongs, or no data directory', async () => {
  const folder = join(await tempDir(), 'work');
  await writeFile(folder, 'a file');
  const refusal = { code: 'WORK_FOLDER_UNUSABLE', message: `the work folder ${folder} is not a directory` };
  await expect(assertWorkFolder(folder)).rejects.toMatchObject(refusal);
  const inAttempt = await prepareInstallDir(folder, 'job_1', 1).catch((error: unknown) => error);
  expect(asWorkFolderError(inAttempt, folder)).toMatchObject(refusal);
  const missing = join(await tempDir(), 'no', 'work');
  await expect(assertWorkFolder(missing)).rejects.toMatchObject({
    message: `the work folder ${missing} does not exist`,
  });
});

test('N8: inside an attempt the disk is told from other failed calls', async () => {
  const folder = '/data/work';
  const seen = (code: string, syscall: string, path?: string) =>
    asWorkFolderError(failed(code, syscall, path), folder)?.message;
  expect(seen('EROFS', 'rmdir', '/data/work/job_1-undo')).toBe('the work folder /data/work is read-only');
  expect(seen('ENOENT', 'mkdir', '/data/work/job_1')).toBe('the work folder /data/work does not exist');
  expect(seen('EACCES', 'mkdir', '/data/work')).toBe('the work folder /data/work is not writable');
  expect(seen('EROFS', 'open', '/cache/4.20.3')).toBe('/cache/4.20.3 is read-only');
  expect(seen('ENOSPC', 'write')).toBe('no space left on the disk of the worker');
  expect(seen('ENOENT', 'open', '/data/work/job_1/attempt-1/install/metadata.json')).toBeUndefined();
  expect(seen('EACCES', 'open', '/etc/ocpctl/pull-secret')).toBeUndefined();
  expect(seen('ENOENT', 'mkdir', '/data/working')).toBeUndefined();
  expect(asWorkFolderError(new Error('ENOSPC'), folder)).toBeUndefined();
});

test('V3: a snapshot that cannot be written to a full disk is the fault of the disk, not of the snapshot', async () => {
  const full = failed('ENOSPC', 'write');
  expect(isDiskFailure(full)).toBe(true);
  expect(isDiskFailure(new ArtifactError('STORAGE_FULL', 'restoring a snapshot', { cause: full }))).toBe(
    true,
  );
  expect(isDiskFailure(new ArtifactError('ARTIFACT_CORRUPT', 'the seal does not fit'))).toBe(false);
  expect(isDiskFailure(failed('EACCES', 'open', '/artifacts/x'))).toBe(false);
});

test('N8: a folder beside an existing job directory is made, and one that is a file is refused', async () => {
  const root = await tempDir();
  await mkdir(join(root, 'job_1'));
  await prepareInstallDir(root, 'job_1', 1);
  await writeFile(join(root, 'job_2'), 'a file');
  await expect(prepareInstallDir(root, 'job_2', 1)).rejects.toMatchObject({ code: 'ENOTDIR' });
});

import { mkdir, rm, rmdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallerError } from './installer-error.ts';

/** The private folders of one attempt: the installer's `--dir`, its TMPDIR and its HOME. */
export interface InstallDirs {
  readonly base: string;
  readonly install: string;
  readonly tmp: string;
  readonly home: string;
}

export const INSTALL_LOG_FILE = '.openshift_install.log';

/**
 * Paths inside an install directory that a snapshot leaves out: unpacked binaries (hundreds of MB) and etcd data.
 * Undo needs none of them.
 */
export const SNAPSHOT_EXCLUDES = ['cluster-api', 'terraform', '.clusterapi_output/etcd'] as const;

/** @param path relative to the install directory, with `/` */
export function isExcludedFromSnapshot(path: string): boolean {
  return SNAPSHOT_EXCLUDES.some((excluded) => path === excluded || path.startsWith(`${excluded}/`));
}

const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const PRIVATE = 0o700;

/**
 * Makes the folders of one attempt, 0700 each. A folder that is there already is an error: a second `create` in a used
 * directory can choose a new infraID and orphan the first cluster.
 * @throws InstallerError INSTALL_DIR_EXISTS, INSTALL_DIR_NAME_INVALID
 */
export async function prepareInstallDir(root: string, jobId: string, attempt: number): Promise<InstallDirs> {
  const dirs = installDirs(root, jobId, attempt);
  await mkdir(join(root, jobId), { recursive: true, mode: PRIVATE });
  try {
    await mkdir(dirs.base, { mode: PRIVATE });
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown;
    throw new InstallerError(
      'INSTALL_DIR_EXISTS',
      `attempt ${attempt} of job ${jobId} has a directory already`,
    );
  }
  for (const dir of [dirs.install, dirs.tmp, dirs.home]) await mkdir(dir, { mode: PRIVATE });
  return dirs;
}

/** Where the folders of an attempt are, made or not. @throws InstallerError INSTALL_DIR_NAME_INVALID */
export function installDirs(root: string, jobId: string, attempt: number): InstallDirs {
  if (!JOB_ID.test(jobId) || !Number.isSafeInteger(attempt) || attempt < 1) {
    throw new InstallerError(
      'INSTALL_DIR_NAME_INVALID',
      'a job id or attempt number cannot name a directory',
    );
  }
  const base = join(root, jobId, `attempt-${attempt}`);
  return { base, install: join(base, 'install'), tmp: join(base, 'tmp'), home: join(base, 'home') };
}

/** Removes an attempt's folders, and the job's when it was the last. Removing what is gone is no error. */
export async function removeInstallDir(dirs: InstallDirs): Promise<void> {
  await rm(dirs.base, { recursive: true, force: true, maxRetries: 3 });
  try {
    await rmdir(join(dirs.base, '..'));
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw thrown;
  }
}

export type StatFs = (path: string) => Promise<{ bavail: number; bsize: number }>;

const MB = 1024 * 1024;

/**
 * Refuses to begin on a disk that would run full: an active install takes about 5 GB, unpacked controllers included.
 * @param minFreeMb in MiB @throws InstallerError DISK_TOO_SMALL
 */
export async function assertFreeDisk(path: string, minFreeMb: number, stat: StatFs = statfs): Promise<void> {
  const { bavail, bsize } = await stat(path);
  const freeMb = Math.floor((bavail * bsize) / MB);
  if (freeMb >= minFreeMb) return;
  throw new InstallerError(
    'DISK_TOO_SMALL',
    `${freeMb} MiB free for install directories, ${minFreeMb} MiB needed`,
    {
      hint: 'free space on the worker, or point its work directory at a larger disk',
    },
  );
}

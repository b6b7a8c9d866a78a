import { mkdir, readdir, rm, rmdir, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCodeOf } from '../../kernel/errors.ts';
import { InstallerError } from './installer-error.ts';

/** The private directories of one attempt: the installer's `--dir`, its TMPDIR and its HOME. */
export interface InstallDirs {
  readonly base: string;
  readonly install: string;
  readonly tmp: string;
  readonly home: string;
}

export const INSTALL_LOG_FILE = '.openshift_install.log';

/**
 * Paths of an install directory that a snapshot excludes: unpacked binaries (hundreds of MB) and etcd data. A destroy does not
 * need them.
 */
export const SNAPSHOT_EXCLUDES = ['cluster-api', 'terraform', '.clusterapi_output/etcd'] as const;

const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const ATTEMPT = /^attempt-(\d{1,15})$/;
const UNDO = /-undo$/;
const PRIVATE = 0o700;

/**
 * Creates the directories of one attempt, mode 0700. An existing directory is an error: a second `create` in it can choose a new
 * infraID, and the first cluster would be orphaned.
 * @throws InstallerError INSTALL_DIR_EXISTS, INSTALL_DIR_NAME_INVALID
 */
export async function prepareInstallDir(root: string, jobId: string, attempt: number): Promise<InstallDirs> {
  const dirs = installDirs(root, jobId, attempt);
  await removeOtherAttempts(root, jobId, attempt);
  await makeJobDir(root, jobId);
  try {
    await mkdir(dirs.base, { mode: PRIVATE });
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
    throw new InstallerError(
      'INSTALL_DIR_EXISTS',
      `the directory of attempt ${attempt} of job ${jobId} already exists`,
    );
  }
  for (const dir of [dirs.install, dirs.tmp, dirs.home]) await mkdir(dir, { mode: PRIVATE });
  return dirs;
}

/** Not in one recursive call: Node reports a read-only file system as ENOENT then. */
export async function makeJobDir(root: string, name: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: PRIVATE });
  await mkdir(join(root, name), { mode: PRIVATE }).catch((thrown: unknown) => {
    if (systemCodeOf(thrown) !== 'EEXIST') throw thrown;
  });
}

/** The paths of an attempt's directories, which may not exist. @throws InstallerError INSTALL_DIR_NAME_INVALID */
export function installDirs(root: string, jobId: string, attempt: number): InstallDirs {
  if (!JOB_ID.test(jobId) || !Number.isSafeInteger(attempt) || attempt < 1) {
    throw new InstallerError(
      'INSTALL_DIR_NAME_INVALID',
      `invalid directory name: job ${JSON.stringify(jobId)}, attempt ${attempt}`,
    );
  }
  const base = join(root, jobId, `attempt-${attempt}`);
  return { base, install: join(base, 'install'), tmp: join(base, 'tmp'), home: join(base, 'home') };
}

/** Removes an attempt's directories, and the job's when it is empty. Missing directories are ignored. */
export async function removeInstallDir(dirs: InstallDirs): Promise<void> {
  await rm(dirs.base, { recursive: true, force: true, maxRetries: 3 });
  await removeEmptyJobDir(join(dirs.base, '..'));
}

/** A directory of an attempt, found on the disk. */
export interface FoundAttempt {
  readonly jobId: string;
  readonly fence: number;
  readonly dirs: InstallDirs;
}

/** @param jobDir a directory as `installDirs` names them: of a job, or of its undo. Anything else holds no attempts. */
export async function attemptsIn(jobDir: string): Promise<FoundAttempt[]> {
  const name = basename(jobDir);
  if (!JOB_ID.test(name)) return [];
  const entries = await readdir(jobDir).catch((thrown: unknown) => {
    const code = systemCodeOf(thrown);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw thrown;
  });
  return entries.flatMap((entry) => {
    const [, fence] = ATTEMPT.exec(entry) ?? [];
    if (fence === undefined || Number(fence) < 1) return [];
    const dirs = installDirs(join(jobDir, '..'), name, Number(fence));
    return [{ jobId: jobOfDir(name) ?? name, fence: Number(fence), dirs }];
  });
}

/** @returns the job whose directory, or whose undo's, this is; undefined for anything else */
export function jobOfDir(name: string): string | undefined {
  return JOB_ID.test(name) ? name.replace(UNDO, '') : undefined;
}

/** Removes a job's directory in which no attempt is. */
export async function removeEmptyJobDir(jobDir: string): Promise<boolean> {
  try {
    await rmdir(jobDir);
    return true;
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw thrown;
  }
}

/** For the holder of a job's lease: removes what attempts before it left, which may have died in the middle. */
export async function removeOtherAttempts(root: string, jobId: string, fence: number): Promise<void> {
  for (const dir of [jobId, `${jobId}-undo`]) {
    for (const found of await attemptsIn(join(root, dir)))
      if (found.fence !== fence) await removeInstallDir(found.dirs);
  }
}

export type StatFs = (path: string) => Promise<{ bavail: number; bsize: number }>;

const MB = 1024 * 1024;

/**
 * An install needs about 5 GB, unpacked controllers included.
 * @param minFreeMb in MiB @throws InstallerError DISK_TOO_SMALL
 */
export async function assertFreeDisk(path: string, minFreeMb: number, stat: StatFs = statfs): Promise<void> {
  const { bavail, bsize } = await stat(path);
  const freeMb = Math.floor((bavail * bsize) / MB);
  if (freeMb >= minFreeMb) return;
  throw new InstallerError(
    'DISK_TOO_SMALL',
    `not enough disk space for an install: ${freeMb} MiB free, ${minFreeMb} MiB needed`,
    {
      hint: 'free disk space on the worker, or move its data directory to a larger disk',
    },
  );
}

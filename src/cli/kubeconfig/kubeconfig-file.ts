import { chmod, mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { findChangeableFile, findRegularFile } from '../config/changeable-file.ts';
import { withFileLock, writePrivateFile } from '../config/private-file.ts';
import { MAX_MADE_MIB, readTextFile } from '../input-file.ts';
import type { KubeconfigText } from './kubeconfig-document.ts';

/** kubectl holds its lock for milliseconds, and gives up at once when it finds one. */
const LOCK = { waitMs: 10_000, staleMs: 60_000, programs: 'other ocpctl or kubectl' };

interface EditedKubeconfig {
  readonly text: string;
  /** false if the file of before has keys that were to be removed. */
  readonly keepsCopy: boolean;
}

/**
 * @returns the kubeconfig that ocpctl changes: the first of KUBECONFIG, whose entries kubectl prefers, else ~/.kube/config. kubectl adds to
 * the first of KUBECONFIG that exists, else to the last.
 */
export function kubeconfigPath(env: NodeJS.ProcessEnv, file: string | undefined): string {
  return resolve(file ?? pathsOf(env)[0] ?? join(homedir(), '.kube', 'config'));
}

/** @returns the other files of KUBECONFIG, which kubectl reads too. With --file there are none. */
export async function otherKubeconfigs(
  env: NodeJS.ProcessEnv,
  file: string | undefined,
): Promise<KubeconfigText[]> {
  const paths = file === undefined ? pathsOf(env).slice(1) : [];
  const isFile = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        (found) => found.isFile(),
        () => false,
      ),
    ),
  );
  const files = paths.filter((_, index) => isFile[index]);
  return Promise.all(
    files.map(async (path) => ({ file: path, text: await readTextFile(path, MAX_MADE_MIB) })),
  );
}

/** @returns the text, '' without a file. @throws UsageError if it is not a regular file */
export async function readKubeconfigText(path: string): Promise<KubeconfigText> {
  const present = await findRegularFile(path);
  return { file: path, text: present === undefined ? '' : await readTextFile(present, MAX_MADE_MIB) };
}

/** What is to be said when others can read a file that has keys now; undefined otherwise. */
export async function readableByOthers(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return undefined;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return `Warning: other users can read the keys in ${path} (mode ${octal}): run 'chmod 600 ${path}'.`;
}

/**
 * Changes a kubeconfig under the lock that kubectl takes. The file of before is kept beside it as `FILE.before-ocpctl`, unless the change
 * removes keys. A symbolic link stays one, and the mode stays; a new file has 0600.
 * @param edit must not wait for the network: kubectl fails while the lock is held
 * @throws UsageError if it is not a regular file, or one without write permission
 */
export async function editKubeconfig<T extends EditedKubeconfig>(
  path: string,
  edit: (before: KubeconfigText) => T,
): Promise<T> {
  await findChangeableFile(path);
  return withFileLock(path, LOCK, async () => {
    const present = await findChangeableFile(path);
    const before = present === undefined ? '' : await readTextFile(present, MAX_MADE_MIB);
    const edited = edit({ file: path, text: before });
    if (edited.text === before) return edited;
    const target = present ?? path;
    const copy = `${target}.before-ocpctl`;
    if (present === undefined) await mkdir(dirname(path), { recursive: true });
    else if (edited.keepsCopy) await writePrivateFile(copy, before);
    const mode = present === undefined ? 0o600 : (await stat(present)).mode & 0o777;
    await writePrivateFile(target, edited.text, async (temporary) => {
      await chmod(temporary, mode);
      await rename(temporary, target);
    });
    if (!edited.keepsCopy) await rm(copy, { force: true });
    return edited;
  });
}

function pathsOf(env: NodeJS.ProcessEnv): string[] {
  return (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
}

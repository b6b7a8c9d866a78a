import { chmod, copyFile, mkdir, realpath, rename, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { isErrno, withFileLock, writePrivateFile } from '../config/private-file.ts';
import { readTextFile } from '../input-file.ts';

/** kubectl holds its lock for milliseconds, and gives up at once when it finds one. */
const LOCK = { waitMs: 10_000, staleMs: 60_000 };

/** @returns the kubeconfig that kubectl writes to: the first of KUBECONFIG, else ~/.kube/config */
export function kubeconfigPath(env: NodeJS.ProcessEnv, file: string | undefined): string {
  const [first] = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  return resolve(file ?? first ?? join(homedir(), '.kube', 'config'));
}

/**
 * Changes a kubeconfig under the lock that kubectl takes. The file of before is kept beside it as `FILE.before-ocpctl`. A symbolic link
 * stays one, and the mode stays; a new file has 0600.
 * @param edit is given the text, '' without a file
 */
export async function editKubeconfig<T extends { readonly text: string }>(
  path: string,
  edit: (text: string) => Promise<T> | T,
): Promise<T> {
  return withFileLock(path, LOCK, async () => {
    const present = await realpath(path).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    });
    const before = present === undefined ? '' : await readTextFile(present);
    const edited = await edit(before);
    if (edited.text === before) return edited;
    const target = present ?? path;
    if (present === undefined) await mkdir(dirname(path), { recursive: true });
    else await backUp(present);
    const mode = present === undefined ? 0o600 : (await stat(present)).mode & 0o777;
    await writePrivateFile(target, edited.text, async (temporary) => {
      await chmod(temporary, mode);
      await rename(temporary, target);
    });
    return edited;
  });
}

async function backUp(path: string): Promise<void> {
  const copy = `${path}.before-ocpctl`;
  await copyFile(path, copy);
  await chmod(copy, 0o600);
}

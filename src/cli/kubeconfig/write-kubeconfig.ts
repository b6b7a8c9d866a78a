import { link, readFile, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isObject } from '../../contract/documents.ts';
import { findChangeableFile } from '../config/changeable-file.ts';
import { isErrno, writePrivateFile } from '../config/private-file.ts';
import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { unreadableFile } from '../input-file.ts';

/**
 * Writes a kubeconfig atomically, with mode 0600 from the start. An existing file is replaced only if it is a kubeconfig
 * with no other server, so that a `~/.kube/config` with other clusters is never lost. A symbolic link to a file stays one.
 * @returns the absolute path.
 */
export async function writeKubeconfig(path: string, content: string): Promise<string> {
  const asked = resolve(path);
  const target = (await findChangeableFile(asked)) ?? asked;
  try {
    await writePrivateFile(target, content, async (temporary) => {
      if (await canReplace(target, content)) await rename(temporary, target);
      // A rename would replace a file created since the check; a link fails instead.
      else await link(temporary, target);
    });
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw fileExistsError(asked, error);
    throw isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR') ? noDirectoryError(asked, error) : error;
  }
  return asked;
}

/** @returns false if there is no file. @throws CliError FILE_EXISTS if there is one that must not be replaced */
async function canReplace(path: string, content: string): Promise<boolean> {
  let present: string;
  try {
    present = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw unreadableFile(path, error);
  }
  const wanted = await serversOf(content);
  const held = await serversOf(present);
  if (held !== undefined && wanted !== undefined && held.every((server) => wanted.includes(server)))
    return true;
  throw fileExistsError(path);
}

/** @returns the servers of a kubeconfig; undefined if the text is not a kubeconfig. */
async function serversOf(text: string): Promise<string[] | undefined> {
  if (text.trim() === '') return [];
  const { fromYaml } = await import('../../render/yaml.ts');
  try {
    const document: unknown = fromYaml(text);
    const clusters = isObject(document) ? document['clusters'] : undefined;
    if (!Array.isArray(clusters)) return undefined;
    return clusters.map((entry: unknown) => {
      const cluster = isObject(entry) ? entry['cluster'] : undefined;
      return isObject(cluster) ? String(cluster['server']) : '';
    });
  } catch {
    return undefined;
  }
}

function noDirectoryError(path: string, cause: unknown): UsageError {
  return new UsageError(`cannot write ${path}: there is no directory ${dirname(path)}`, { cause });
}

function fileExistsError(path: string, cause?: unknown): CliError {
  return new CliError('FILE_EXISTS', `${path} already exists and is not the kubeconfig of this cluster`, {
    exitCode: EXIT.conflict,
    hint: 'choose another path, or delete the file',
    cause,
  });
}

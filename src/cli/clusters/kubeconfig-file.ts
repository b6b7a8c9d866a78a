import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isErrno } from '../config/private-file.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { isObject } from '../is-object.ts';

/**
 * Writes a kubeconfig so that only its owner can ever read it (0600 from the first byte), whole or not at all. An
 * existing file is replaced only when it is a kubeconfig for the same server and nothing else: `~/.kube/config` with
 * other clusters in it is never lost.
 * @returns the absolute path.
 */
export async function writeKubeconfig(path: string, content: string): Promise<string> {
  const target = resolve(path);
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    if (await canReplace(target, content)) await rename(temporary, target);
    // A link fails where a rename would replace a file that appeared since we looked.
    else await link(temporary, target);
  } catch (error) {
    throw isErrno(error, 'EEXIST') ? fileExistsError(target, error) : error;
  } finally {
    await rm(temporary, { force: true });
  }
  return target;
}

/** @returns false when there is no file. @throws CliError FILE_EXISTS when there is one that must stay. */
async function canReplace(path: string, content: string): Promise<boolean> {
  let present: string;
  try {
    present = await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
  const wanted = await serversOf(content);
  const held = await serversOf(present);
  if (held !== undefined && wanted !== undefined && held.every((server) => wanted.includes(server)))
    return true;
  throw fileExistsError(path);
}

/** @returns the servers in a kubeconfig; undefined when the text is none. */
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

function fileExistsError(path: string, cause?: unknown): CliError {
  return new CliError('FILE_EXISTS', `${path} exists and is not this cluster's kubeconfig`, {
    exitCode: EXIT.conflict,
    hint: 'choose another file, or remove it first',
    cause,
  });
}

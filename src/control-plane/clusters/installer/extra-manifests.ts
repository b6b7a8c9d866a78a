import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { isObject } from '../../../contract/documents.ts';
import { isSameObject, type ManifestIdentity } from '../profiles/manifest-identity.ts';
import { checkManifest } from '../profiles/manifest-rules.ts';
import type { ProfileManifest } from '../profiles/profile-manifests.ts';
import { InstallerError } from './installer-error.ts';
import { MANIFEST_FOLDER } from './worker-machine-sets.ts';

/** Where the documentation of OpenShift puts machine configs; everything else goes to `manifests`. */
const MACHINE_CONFIGS = /^machineconfiguration\.openshift\.io\//;

/**
 * Adds manifests to those of the installer. To be called between `create manifests` and `create ignition-configs`, after all other
 * changes of manifests. Nothing is replaced: the bootstrap machine copies both folders into one, and of two manifests of one object
 * it applies either.
 * @returns the paths in the install directory
 * @throws InstallerError MANIFEST_CONFLICT
 */
export async function addManifests(
  installDir: string,
  manifests: readonly ProfileManifest[],
): Promise<string[]> {
  if (manifests.length === 0) return [];
  const { files, objects } = await existingManifests(installDir);
  for (const manifest of manifests) {
    const same = objects.find((object) => isSameObject(object, manifest));
    const other = files.get(manifest.file) ?? same?.path;
    if (other === undefined) continue;
    const what = files.has(manifest.file) ? 'has the name of' : 'is the same object as';
    throw new InstallerError(
      'MANIFEST_CONFLICT',
      `${manifest.file} (${manifest.kind} ${manifest.name}) of the profile ${what} ${other} of the installer`,
      { hint: 'rename it, or remove it from the profile' },
    );
  }
  const paths = manifests.map(({ file, apiVersion }) =>
    join(MACHINE_CONFIGS.test(apiVersion) ? MANIFEST_FOLDER : 'manifests', file),
  );
  for (const [index, { content }] of manifests.entries()) {
    await writeFile(join(installDir, paths[index] ?? ''), content, { mode: 0o600, flag: 'wx' });
  }
  return paths;
}

interface ExistingObject extends ManifestIdentity {
  readonly path: string;
}

async function existingManifests(
  installDir: string,
): Promise<{ readonly files: Map<string, string>; readonly objects: readonly ExistingObject[] }> {
  const files = new Map<string, string>();
  const objects: ExistingObject[] = [];
  for (const folder of ['manifests', MANIFEST_FOLDER]) {
    for (const file of await readdir(join(installDir, folder))) {
      const path = join(folder, file);
      files.set(file, path);
      for (const content of objectsOf(await readFile(join(installDir, path), 'utf8'))) {
        const checked = checkManifest(content, { kinds: 'any' });
        if ('identity' in checked) objects.push({ ...checked.identity, path });
      }
    }
  }
  return { files, objects };
}

/** As Kubernetes reads a file: several documents, merge keys, and the items of lists. */
function objectsOf(text: string): unknown[] {
  const documents = parseAllDocuments(text, { merge: true });
  if ('empty' in documents) return [];
  return documents.flatMap((document) => {
    const content: unknown = document.toJS();
    return isObject(content) && Array.isArray(content['items']) ? content['items'] : [content];
  });
}

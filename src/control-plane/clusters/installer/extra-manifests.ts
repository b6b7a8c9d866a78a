import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { checkManifest, objectKey } from '../profiles/manifest-rules.ts';
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
    const other = files.get(manifest.file) ?? objects.get(objectKey(manifest));
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

async function existingManifests(
  installDir: string,
): Promise<{ readonly files: Map<string, string>; readonly objects: Map<string, string> }> {
  const files = new Map<string, string>();
  const objects = new Map<string, string>();
  for (const folder of ['manifests', MANIFEST_FOLDER]) {
    for (const file of await readdir(join(installDir, folder))) {
      const path = join(folder, file);
      files.set(file, path);
      for (const content of documentsOf(await readFile(join(installDir, path), 'utf8'))) {
        const checked = checkManifest(content, { kinds: 'any' });
        if ('identity' in checked) objects.set(objectKey(checked.identity), path);
      }
    }
  }
  return { files, objects };
}

function documentsOf(text: string): unknown[] {
  const documents = parseAllDocuments(text);
  return 'empty' in documents ? [] : documents.map((document) => document.toJS() as unknown);
}

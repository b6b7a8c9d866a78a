import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, parseDocument } from 'yaml';
import { InstallerError } from './installer-error.ts';

export const MANIFEST_FOLDER = 'openshift';
/** Written by `create manifests`, one for each zone; those of Local and Wavelength Zones have the same names. */
export const WORKER_MACHINE_SET = /^99_openshift-cluster-api_worker-machineset-\d+\.yaml$/;
const ROLE = ['spec', 'template', 'metadata', 'labels', 'machine.openshift.io/cluster-api-machine-role'];
const PROVIDER_VALUE = ['spec', 'template', 'spec', 'providerSpec', 'value'];

/**
 * Changes the machine sets of the workers to spot instances, for which the install-config has no field (installer#1287), at a price up to that of on-demand instances. To be called between
 * `create manifests` and `create ignition-configs`.
 * @throws InstallerError MACHINE_SETS_UNREADABLE
 */
export async function useSpotInstances(installDir: string): Promise<void> {
  const folder = join(installDir, MANIFEST_FOLDER);
  const files = (await readdir(folder)).filter((name) => WORKER_MACHINE_SET.test(name));
  if (files.length === 0)
    throw new InstallerError('MACHINE_SETS_UNREADABLE', `no machine set of workers in ${MANIFEST_FOLDER}`);
  for (const name of files) {
    const path = join(folder, name);
    await writeFile(path, withSpotInstances(name, await readFile(path, 'utf8')), { mode: 0o600 });
  }
}

function withSpotInstances(name: string, text: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.getIn(PROVIDER_VALUE))) {
    throw new InstallerError(
      'MACHINE_SETS_UNREADABLE',
      `${MANIFEST_FOLDER}/${name} has no ${PROVIDER_VALUE.join('.')}`,
    );
  }
  if (document.getIn(ROLE) === 'edge') return text;
  document.setIn([...PROVIDER_VALUE, 'spotMarketOptions'], document.createNode({}));
  return document.toString();
}

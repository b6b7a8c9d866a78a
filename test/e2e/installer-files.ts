import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SANDBOX_INSTALLER = fileURLToPath(new URL('../../dist/sandbox/openshift-install.js', import.meta.url));

/** Writes an executable that runs as an `openshift-install` of this version. @returns its path */
export function writeInstaller(folder: string, version: string, program = SANDBOX_INSTALLER): string {
  const file = join(folder, `openshift-install-${version}`);
  const script = [
    '#!/bin/sh',
    `OCPCTL_SANDBOX_VERSION=${version} exec '${process.execPath}' '${program}' "$@"`,
  ];
  writeFileSync(file, `${script.join('\n')}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A pull secret of the right form. @returns its path */
export function writePullSecret(folder: string): string {
  const file = join(folder, 'pull-secret.json');
  writeFileSync(file, JSON.stringify({ auths: { 'quay.io': { auth: 'dGVzdDp0ZXN0' } } }), { mode: 0o600 });
  return file;
}

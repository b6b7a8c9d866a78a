import { join } from 'node:path';
import type { CredentialTool, CredentialToolName } from '../../installer/credential-tools.ts';
import type { InstallerBinary } from '../../installer/installers.ts';

/** The stand-in installer, the same for every version. Its log says that it is the sandbox. */
export function sandboxInstaller(packageRoot: string, version: string): InstallerBinary {
  return {
    version,
    file: process.execPath,
    prefixArgs: [join(packageRoot, 'dist', 'sandbox', 'openshift-install.js')],
  };
}

/** The stand-ins for `oc` and `ccoctl`. */
export function sandboxCredentialTool(packageRoot: string, name: CredentialToolName): CredentialTool {
  return { file: process.execPath, prefixArgs: [join(packageRoot, 'dist', 'sandbox', `${name}.js`)] };
}

/** A pull secret that is valid in form and gives access to nothing. */
export function sandboxPullSecret(): string {
  const auth = Buffer.from('sandbox:not-a-secret-of-any-registry').toString('base64');
  return JSON.stringify({ auths: { 'registry.sandbox.invalid': { auth } } });
}

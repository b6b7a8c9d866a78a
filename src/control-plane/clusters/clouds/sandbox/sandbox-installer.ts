import { join } from 'node:path';
import type { CredentialTool, CredentialToolName } from '../../installer/credential-tools.ts';
import type { InstallerNeed } from '../../installer/installer-need.ts';
import type { InstallerBinary } from '../../installer/installers.ts';

/** The stand-in installer, the same for every version; it is told its release. Its log says that it is the sandbox. */
export function sandboxInstaller(
  packageRoot: string,
  { version, architecture, fips, releaseImage }: InstallerNeed,
): InstallerBinary {
  const program = join(packageRoot, 'dist', 'sandbox', 'openshift-install.js');
  const release = `--sandbox-release=${architecture}${fips ? '-fips' : ''}`;
  const image = releaseImage === undefined ? [] : [`--sandbox-image=${releaseImage}`];
  return { version, file: process.execPath, prefixArgs: [program, release, ...image] };
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

import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { InstallerError } from './installer-error.ts';

/** A program that helps the installer: `file` with `prefixArgs` before its own (the sandbox's are scripts for node). */
export interface CredentialTool {
  readonly file: string;
  readonly prefixArgs: readonly string[];
}

export type CredentialToolName = 'oc' | 'ccoctl';

/** Environment variables that set their paths. */
const SETTINGS: Readonly<Record<CredentialToolName, string>> = { oc: 'OCPCTL_OC', ccoctl: 'OCPCTL_CCOCTL' };

/**
 * Finds a tool: the configured file and no other, or the first on the search path.
 * @throws InstallerError CREDENTIAL_TOOL_MISSING
 */
export async function findCredentialTool(
  name: CredentialToolName,
  configured: string | undefined,
  searchPath: string,
): Promise<CredentialTool> {
  const candidates =
    configured === undefined
      ? searchPath.split(delimiter).flatMap((folder) => (folder === '' ? [] : [join(folder, name)]))
      : [configured];
  for (const file of candidates) if (await isExecutable(file)) return { file, prefixArgs: [] };
  throw new InstallerError(
    'CREDENTIAL_TOOL_MISSING',
    configured === undefined
      ? `${name} not found on this worker; credentials mode Manual${name === 'oc' ? ', or releaseImage of the profile,' : ''} needs it`
      : `${configured} (${SETTINGS[name]}) is not an executable file`,
    { hint: `install ${name} of the cluster's release in ${searchPath}, or set ${SETTINGS[name]}` },
  );
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

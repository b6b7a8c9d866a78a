import { access, constants, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { InstallerError } from './installer-error.ts';

/** A program that helps the installer: `file` with `prefixArgs` before its own (the sandbox's are scripts for node). */
export interface CredentialTool {
  readonly file: string;
  readonly prefixArgs: readonly string[];
}

export type CredentialToolName = 'oc' | 'ccoctl';

/** The setting that names each, for people who have to set it. */
const SETTINGS: Readonly<Record<CredentialToolName, string>> = { oc: 'OCPCTL_OC', ccoctl: 'OCPCTL_CCOCTL' };

/**
 * Finds a tool: where it is configured, and only there; else the first on the search path.
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
      ? `this worker has no ${name}, which clusters with credentials of their own need`
      : `${SETTINGS[name]} names ${configured}, which cannot be run`,
    { hint: `put ${name} of the cluster's release on ${searchPath}, or name it with ${SETTINGS[name]}` },
  );
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Whatever the reason, it cannot be run; the caller says so.
    return false;
  }
}

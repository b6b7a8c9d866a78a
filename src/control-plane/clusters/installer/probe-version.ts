import { stat } from 'node:fs/promises';
import type { RunProgram } from './gpg-signature.ts';
import { InstallerError } from './installer-error.ts';
import { readInstallerVersion } from './installer-version.ts';

/** @returns a function that asks a program which version it is, once for as long as the file stays the same. */
export function versionProbe(run: RunProgram): (file: string) => Promise<string> {
  const answers = new Map<string, Promise<string>>();
  return async (file) => {
    const { mtimeMs, size, ino } = await stat(file);
    const key = `${file} ${mtimeMs} ${size} ${ino}`;
    const known = answers.get(key);
    if (known) return known;
    const asked = readVersionOf(run, file);
    answers.set(key, asked);
    asked.catch(() => answers.delete(key));
    return asked;
  };
}

async function readVersionOf(run: RunProgram, file: string): Promise<string> {
  const { code, stdout } = await run(file, ['version']);
  if (code === 0) return readInstallerVersion(stdout).version;
  throw new InstallerError(
    'INSTALLER_VERSION_UNREADABLE',
    code === null ? `${file} version did not end in time` : `${file} version ended with exit code ${code}`,
  );
}

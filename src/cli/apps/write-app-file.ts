import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorReason } from '../../contract/system-error-hint.ts';
import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { APP_FILE } from './app-file.ts';

/** @throws CliError when a directory has an `app.yaml`: asked before anything is uploaded */
export async function assertNoAppFile(directory: string): Promise<void> {
  const path = join(directory, APP_FILE);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw alreadyThere(path);
}

/** Writes it as a new file unless it may be replaced. @returns its path */
export async function writeAppFile(
  directory: string,
  text: string,
  { mayReplace }: { readonly mayReplace: boolean },
): Promise<string> {
  const path = join(directory, APP_FILE);
  try {
    await writeFile(path, text, { flag: mayReplace ? 'w' : 'wx' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw alreadyThere(path);
    throw new UsageError(`cannot write ${path}: ${systemErrorReason(error)}`, { cause: error });
  }
  return path;
}

function alreadyThere(path: string): CliError {
  return new CliError('FILE_EXISTS', `${path} already exists`, {
    exitCode: EXIT.conflict,
    hint: 'pass --force to replace it; its settings are kept',
  });
}

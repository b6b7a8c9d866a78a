import { boolean } from '@oclif/core/flags';
import { ApiError } from '../../client/api-error.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

type Kind = 'environment' | 'database' | 'volume';

export const ifNotExistsFlag = (what: Kind) => ({
  'if-not-exists': boolean({ description: `Succeed if the ${what} already exists` }),
});

/** @returns what was created; undefined if the name is taken and the flags accept that */
export async function createUnlessTaken<T>(
  flags: { readonly 'if-not-exists': boolean },
  create: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await create();
  } catch (error) {
    if (flags['if-not-exists'] && error instanceof ApiError && error.code === 'NAME_TAKEN') return undefined;
    throw error;
  }
}

/** @throws CliError STATE_CONFLICT when what has the name is about to be gone */
export function assertNotDestroyed(
  what: Kind,
  { name, status }: { readonly name: string; readonly status: string },
): void {
  if (!status.startsWith('DESTROY')) return;
  throw new CliError('STATE_CONFLICT', `${what} "${name}" already exists and is ${status}`, {
    exitCode: EXIT.conflict,
    hint: 'choose another name, or run the command again when it is DESTROYED',
  });
}

type Setting = readonly [flag: string, asked: number | string | undefined, actual: number | string];

/** @throws CliError STATE_CONFLICT that names what differs from what the flags ask for */
export function assertSameSettings(what: Kind, name: string, settings: readonly Setting[]): void {
  const details = settings.flatMap(([field, asked, actual]) =>
    asked === undefined || asked === actual
      ? []
      : [{ field, code: 'DIFFERENT', message: `is ${actual}, not ${asked}` }],
  );
  if (details.length === 0) return;
  throw new CliError('STATE_CONFLICT', `${what} "${name}" already exists with other settings`, {
    exitCode: EXIT.conflict,
    hint: 'choose another name, or omit these flags',
    details,
  });
}

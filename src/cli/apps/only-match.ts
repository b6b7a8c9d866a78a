import { closestMatch } from '../../contract/closest-match.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

interface Search<T> {
  readonly what: 'service' | 'environment' | 'database' | 'volume';
  readonly name: string;
  /** Fetches those with the name, or all that it could have been if undefined. */
  readonly fetch: (name: string | undefined) => Promise<T[]>;
  /** Lists what the user has, for example `ocpctl app list`. */
  readonly listCommand: string;
  /** What it is that several have the name, for example `services`. */
  readonly holders: string;
  /** The flags that choose it, for example `--env staging`. */
  readonly choiceOf: (match: T, all: readonly T[]) => string;
}

/**
 * Finds the only one that has a name.
 * @throws CliError NOT_FOUND with the closest name, or AMBIGUOUS_NAME if several have it
 */
export async function onlyMatch<T extends { readonly name: string }>(search: Search<T>): Promise<T> {
  const { what, name, fetch, listCommand, holders, choiceOf } = search;
  const found = await fetch(name);
  const [first, ...others] = found;
  if (first === undefined) {
    const names = (await fetch(undefined)).map((candidate) => candidate.name);
    const closest = closestMatch(name, names);
    throw new CliError('NOT_FOUND', `${what} "${name}" not found`, {
      exitCode: EXIT.notFound,
      hint:
        closest === undefined
          ? `'${listCommand}' shows the ${what}s of your teams`
          : `did you mean "${closest}"?`,
    });
  }
  if (others.length === 0) return first;
  throw new CliError(
    'AMBIGUOUS_NAME',
    `the name "${name}" is ambiguous: ${found.length} ${holders} have it`,
    {
      exitCode: EXIT.conflict,
      hint: `add ${found.map((match) => choiceOf(match, found)).join(', or ')}`,
    },
  );
}

interface Located {
  readonly environment: { readonly name: string };
  readonly team: string;
}

/** The flags that choose one of several in environments; the team only if it is needed. */
export function locationChoice({ environment, team }: Located, all: readonly Located[]): string {
  const isEnough = all.filter((other) => other.environment.name === environment.name).length === 1;
  return `--env ${environment.name}${isEnough ? '' : ` --team ${team}`}`;
}

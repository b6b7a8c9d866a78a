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
  /** The flags that choose, for example `--team`. */
  readonly choice: string;
  readonly labelOf: (match: T) => string;
}

/**
 * Finds the only one that has a name.
 * @throws CliError NOT_FOUND with the closest name, or AMBIGUOUS_NAME if several have it
 */
export async function onlyMatch<T extends { readonly name: string }>(search: Search<T>): Promise<T> {
  const { what, name, fetch, listCommand, holders, choice, labelOf } = search;
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
      hint: `choose with ${choice}: ${found.map(labelOf).join(', ')}`,
    },
  );
}

import { messageOf, systemCodeOf } from '../../kernel/errors.ts';

/**
 * `invalid`: this runtime cannot run such an instance, whatever the host. `unavailable`: the host has to be changed first.
 * `infrastructure`: another attempt may succeed.
 */
export type RuntimeErrorKind = 'invalid' | 'unavailable' | 'infrastructure';

/** Why a runtime could not do what it was asked. Its message has neither variables nor the command of an instance. */
export class RuntimeError extends Error {
  readonly kind: RuntimeErrorKind;
  readonly hint: string | undefined;

  constructor(
    kind: RuntimeErrorKind,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RuntimeError';
    this.kind = kind;
    this.hint = options.hint;
  }
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Ids become names of folders, groups and containers. @throws RuntimeError */
export function assertInstanceId(...ids: readonly string[]): void {
  const invalid = ids.find((id) => !ID.test(id));
  if (invalid !== undefined)
    throw new RuntimeError('invalid', `invalid id ${JSON.stringify(invalid.slice(0, 64))}`);
}

/**
 * Runs a method of a driver: files that disappear, disks that are full, tools that are missing leave it as `RuntimeError`.
 * @param what reads after "cannot"
 */
export async function mapRuntimeErrors<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    // Messages of the system name files; any other may quote what it is about.
    const reason = systemCodeOf(error) === undefined ? '' : `: ${messageOf(error)}`;
    throw new RuntimeError('infrastructure', `cannot ${what}${reason}`, { cause: error });
  }
}

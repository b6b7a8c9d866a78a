/** `engine-missing`: the host has no programs of the engine. `failed`: another attempt may succeed. */
export type DatabaseErrorKind = 'engine-missing' | 'failed';

/** Why a database could not be made or asked. Its message has neither passwords nor statements. */
export class DatabaseError extends Error {
  readonly kind: DatabaseErrorKind;
  constructor(kind: DatabaseErrorKind, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DatabaseError';
    this.kind = kind;
  }
}

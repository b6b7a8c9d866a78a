/** `UNSAFE`: an entry that must not be unpacked. `MISMATCH`: not the archive of that hash. */
export type SourceProblem = 'UNSAFE' | 'LIMIT' | 'CORRUPT' | 'MISMATCH';

/** An archive is not the source of a service. Nothing of it is left. */
export class SourceError extends Error {
  readonly problem: SourceProblem;
  constructor(problem: SourceProblem, message: string, options: { readonly cause?: unknown } = {}) {
    super(`source: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SourceError';
    this.problem = problem;
  }
}

/**
 * `failed`: the program of the user does not build, so that another attempt fails too. `unavailable`: a tool of the host is missing.
 * `infrastructure`: disk, network or a worker that was stopped; another attempt may succeed.
 */
export type BuildErrorKind = 'failed' | 'unavailable' | 'infrastructure';

/** Why there is no output of a build. Its message never has the environment of a program. */
export class BuildError extends Error {
  readonly kind: BuildErrorKind;
  /** The step of the plan that failed. */
  readonly step: string | undefined;
  readonly hint: string | undefined;

  constructor(
    kind: BuildErrorKind,
    message: string,
    options: { readonly step?: string; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BuildError';
    this.kind = kind;
    this.step = options.step;
    this.hint = options.hint;
  }
}

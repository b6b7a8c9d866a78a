import type { Cluster } from '../../contract/documents.ts';

/** What a failed command acted on, as far as it is known. */
export interface ErrorTarget {
  readonly cluster: {
    readonly id: string;
    readonly name: string;
    /** Null if the server could not be asked. */
    readonly status: Cluster['status'] | null;
  } | null;
  readonly job: { readonly id: string } | null;
}

interface Annotations {
  readonly target?: ErrorTarget;
  /** How to resume the waiting that the error ended. */
  readonly resumeHint?: string;
}

/** Another error, with what only the command knows about it. */
export class AnnotatedError extends Error {
  override readonly cause: unknown;
  readonly target: ErrorTarget | undefined;
  readonly resumeHint: string | undefined;

  constructor(cause: unknown, { target, resumeHint }: Annotations) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'AnnotatedError';
    this.cause = cause;
    this.target = target;
    this.resumeHint = resumeHint;
    // With --debug, the stack of where it happened is shown.
    if (cause instanceof Error && cause.stack !== undefined) this.stack = cause.stack;
  }
}

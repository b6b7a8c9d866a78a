/** What keeps us from asking a cloud: one sentence, a code, what to do about it, and whether waiting may help. */
export class CloudError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: { hint: string; retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable;
  }
}

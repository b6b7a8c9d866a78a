/** A problem of a profile, with its location. Lines and columns count from 1. */
export interface ProfileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Path of the field, such as `openshiftVersions.default`; empty for the document itself. */
  readonly path: string;
  /** What is wrong, with the value. */
  readonly message: string;
  /** What to do. */
  readonly fix: string;
}

/** @returns a problem as one line, in the form that editors and terminals link to. */
export function formatProfileProblem({ file, line, column, path, message, fix }: ProfileProblem): string {
  const prefix = path === '' ? '' : `${path}: `;
  return `${file}:${line}:${column}: ${prefix}${message}; fix: ${fix}`;
}

/** A zod issue has one text. */
const SEPARATOR = '\n';

/** @returns the text of a rule of the schema: what is wrong, as a predicate of the value, and what to do. */
export function withFix(message: string, fix: string): string {
  return `${message}${SEPARATOR}${fix}`;
}

/** @returns the parts of `withFix`; undefined for a text that zod made */
export function splitFix(text: string): { readonly message: string; readonly fix: string } | undefined {
  const [message, fix] = text.split(SEPARATOR);
  return message === undefined || fix === undefined ? undefined : { message, fix };
}

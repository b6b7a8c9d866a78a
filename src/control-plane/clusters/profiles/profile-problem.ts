import type { ProfileProblem } from '../../../contract/profile-problem.ts';
import type { FieldPath } from './profile-yaml.ts';

/** A problem of a field; the message has the value. */
export interface FieldFault {
  readonly path: FieldPath;
  readonly message: string;
  readonly fix: string;
  /** The line of a text of several lines, from 1. */
  readonly line?: number | undefined;
  /** Where it is if not in the profile itself. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
}

const MAX_BYTES = 64 * 1024;

/** @returns the problem of a file that is too large to be a profile */
export function profileSizeProblem(file: string, bytes: number): ProfileProblem | undefined {
  return bytes > MAX_BYTES ? profileFileProblem(file, 'is larger than 64 KiB', 'split it') : undefined;
}

/** @returns a problem of a whole file */
export function profileFileProblem(file: string, message: string, fix: string): ProfileProblem {
  return { file, line: 1, column: 1, path: '', message, fix };
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

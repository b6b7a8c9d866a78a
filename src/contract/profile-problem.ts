/** A problem of a profile file, with its location. Lines and columns count from 1. */
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

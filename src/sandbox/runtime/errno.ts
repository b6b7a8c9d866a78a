/** Is this an error of the operating system with this code, such as `ENOENT`? */
export function hasErrnoCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}

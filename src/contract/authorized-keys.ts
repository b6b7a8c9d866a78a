/**
 * @returns the lines of an `authorized_keys` or `.pub` file that OpenSSH reads as keys: without blank lines, comments and spaces around
 */
export function keyLines(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

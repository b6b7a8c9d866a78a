/** Where the parts of a source are. The team is part of it: knowing a hash gives no access to a source of others. */
export function sourcePrefix(team: string, sha256: string): string {
  return `sources/${Buffer.from(team).toString('hex')}/${sha256}`;
}

/** Sorts like its number. */
export function partKey(team: string, sha256: string, part: number): string {
  return `${sourcePrefix(team, sha256)}/${String(part).padStart(4, '0')}`;
}

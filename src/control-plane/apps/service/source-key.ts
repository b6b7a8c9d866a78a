import { createHash } from 'node:crypto';

/** Where the parts of a source are. The team is part of it, hashed because keys have few characters: knowing a hash gives no access to a source of others. */
export function sourcePrefix(team: string, sha256: string): string {
  return `sources/${createHash('sha256').update(team).digest('hex').slice(0, 32)}/${sha256}`;
}

/** Sorts like its number. */
export function partKey(team: string, sha256: string, part: number): string {
  return `${sourcePrefix(team, sha256)}/${String(part).padStart(4, '0')}`;
}

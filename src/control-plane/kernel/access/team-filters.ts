import { type Caller, type Role, teamsWith } from '../caller.ts';

const READERS: readonly Role[] = ['requester', 'auditor', 'platform_admin'];
const ACTORS: readonly Role[] = ['requester', 'platform_admin'];

/** @returns the teams whose resources the caller may read; null: all. */
export function readableTeams(caller: Pick<Caller, 'grants'>): string[] | null {
  return teamsWith(caller, READERS);
}

/** @returns the teams whose resources the caller may create, change and delete, and whose secrets they may read; null: all. */
export function actingTeams(caller: Pick<Caller, 'grants'>): string[] | null {
  return teamsWith(caller, ACTORS);
}

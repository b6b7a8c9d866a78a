import { type Caller, type Role, teamsWith } from '../../kernel/caller.ts';

const READERS: readonly Role[] = ['requester', 'auditor', 'platform_admin'];
const ACTORS: readonly Role[] = ['requester', 'platform_admin'];

/** @returns the teams whose clusters the caller may look at; null: all. */
export function readableTeams(caller: Pick<Caller, 'grants'>): string[] | null {
  return teamsWith(caller, READERS);
}

/** @returns the teams whose clusters the caller may make, change, destroy and open the secrets of; null: all. */
export function actingTeams(caller: Pick<Caller, 'grants'>): string[] | null {
  return teamsWith(caller, ACTORS);
}

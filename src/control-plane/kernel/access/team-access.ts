import { type Caller, type Role, teamsWith } from '../caller.ts';
import { AppError } from '../errors.ts';

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

/** @returns null for all teams; a team that the caller may not read has nothing */
export function teamsOf(caller: Caller, team: string | undefined): string[] | null {
  const own = readableTeams(caller);
  if (team === undefined) return own;
  return own === null || own.includes(team) ? [team] : [];
}

/** Unknown ids and those of other teams get the same answer (G14). */
export function notFound(what: string, id: string): AppError {
  return new AppError(
    'NOT_FOUND',
    `There is no ${what} ${id}, or it belongs to a team that you have no role in.`,
  );
}

/** For a resource that the caller may read and not change. */
export function forbiddenChange(
  caller: Caller,
  { what, name, team, role }: { what: string; name: string; team: string; role: string },
): AppError {
  return new AppError('FORBIDDEN', `${caller.principal} may read ${what} ${name}, but not change it.`, {
    errors: [
      { field: 'principal', code: 'ROLE_MISSING', message: `the role ${role} in team ${team} is needed` },
    ],
  });
}

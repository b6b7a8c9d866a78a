import type { FieldProblem } from '../../../contract/error-codes.ts';
import { ALL_TEAMS, type Caller, isAdmin, teamsWith } from '../caller.ts';

/** Team of an admin's resource if neither the request nor a grant names one. */
const ADMIN_TEAM = 'default';

export interface RequestingTeams {
  /** Teams in which the caller is a requester or admin. */
  readonly teams: readonly string[];
  readonly isAdmin: boolean;
}

export function requestingTeams(caller: Pick<Caller, 'grants'>): RequestingTeams {
  const admin = isAdmin(caller);
  const teams = teamsWith(caller, ['requester', 'platform_admin']);
  return { teams: teams ?? caller.grants.map(({ team }) => team), isAdmin: admin };
}

/**
 * The team that a new resource belongs to. Only an admin can name a team without a grant in it.
 * @param given by the request
 * @param what the resources are, for messages
 */
export function resolveTeam(
  given: string | undefined,
  caller: RequestingTeams,
  what: string,
): { readonly team: string; readonly problem?: FieldProblem } {
  const own = caller.teams.filter((team) => team !== ALL_TEAMS);
  const fallback = own.length === 1 ? own[0] : caller.isAdmin ? (own[0] ?? ADMIN_TEAM) : undefined;
  const team = given ?? fallback ?? '';
  if (team === '') return { team, problem: teamMissing(own) };
  if (caller.isAdmin || own.includes(team)) return { team };
  const message = `you cannot create ${what} for team "${team}"`;
  return { team, problem: { field: 'team', code: 'NOT_ALLOWED', message, allowed: own } };
}

function teamMissing(own: readonly string[]): FieldProblem {
  const message = own.length === 0 ? 'you are not a requester in any team' : 'specify one of your teams';
  return { field: 'team', code: 'REQUIRED', message, allowed: own };
}

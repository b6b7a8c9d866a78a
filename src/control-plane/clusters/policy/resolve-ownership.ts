import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { ClusterRequest, PolicyCaller } from './cluster-request.ts';
import { TAG_VALUE, tagValueOf } from './tags.ts';

/** Team of an admin's cluster if neither the request nor a grant names one. */
const ADMIN_TEAM = 'default';

interface Ownership {
  readonly team: string;
  readonly owner: string;
  readonly costCenter: string;
}

/** Resolves team, owner and cost center. Only an admin can name another team or owner. The default cost center is the team. */
export function resolveOwnership(
  request: ClusterRequest,
  caller: PolicyCaller,
): { ownership: Ownership; problems: FieldProblem[] } {
  const ownTeams = caller.teams.filter((team) => team !== '*');
  const fallback =
    ownTeams.length === 1 ? ownTeams[0] : caller.isAdmin ? (ownTeams[0] ?? ADMIN_TEAM) : undefined;
  const team = request.team ?? fallback ?? '';
  const ownName = tagValueOf(caller.name);
  const owner = request.owner ?? ownName;
  const ownership = { team, owner, costCenter: request.costCenter ?? team };

  const problems: FieldProblem[] = [];
  if (team === '') problems.push(teamMissing(ownTeams));
  else if (!caller.isAdmin && !ownTeams.includes(team)) problems.push(foreignTeam(team, ownTeams));
  if (!caller.isAdmin && owner !== ownName && owner !== caller.name) {
    const message = 'the owner must be the caller; only an admin can name another owner';
    problems.push({ field: 'owner', code: 'NOT_ALLOWED', message, allowed: [ownName] });
  }
  for (const field of ['team', 'owner', 'costCenter'] as const) {
    const given = request[field];
    if (given !== undefined && !TAG_VALUE.test(given)) problems.push(notATagValue(field));
  }
  return { ownership, problems };
}

function teamMissing(ownTeams: readonly string[]): FieldProblem {
  const message = ownTeams.length === 0 ? 'you are not a requester in any team' : 'specify one of your teams';
  return { field: 'team', code: 'REQUIRED', message, allowed: ownTeams };
}

function foreignTeam(team: string, ownTeams: readonly string[]): FieldProblem {
  const message = `you cannot create clusters for team "${team}"`;
  return { field: 'team', code: 'NOT_ALLOWED', message, allowed: ownTeams };
}

function notATagValue(field: string): FieldProblem {
  const message = `${field} is used as a cloud tag and must be 1 to 100 ASCII letters, digits, spaces and _ . : / = + - @`;
  return { field, code: 'INVALID_FORMAT', message };
}

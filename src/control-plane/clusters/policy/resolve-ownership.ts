import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { ClusterRequest, PolicyCaller } from './cluster-request.ts';
import { TAG_VALUE, tagValueOf } from './tag-limits.ts';

/** Where an admin's cluster goes when neither the request nor a grant names a team. */
const ADMIN_TEAM = 'default';

interface Ownership {
  readonly team: string;
  readonly owner: string;
  readonly costCenter: string;
}

/** Team and owner are the caller's own; an admin may name others. The cost centre is the team unless given. */
export function resolveOwnership(
  request: ClusterRequest,
  caller: PolicyCaller,
): { place: Ownership; problems: FieldProblem[] } {
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
    const message = 'the owner is the person who asks; only an admin may name somebody else';
    problems.push({ field: 'owner', code: 'NOT_ALLOWED', message, allowed: [ownName] });
  }
  for (const field of ['team', 'owner', 'costCenter'] as const) {
    const given = request[field];
    if (given !== undefined && !TAG_VALUE.test(given)) problems.push(notATagValue(field));
  }
  return { place: ownership, problems };
}

function teamMissing(ownTeams: readonly string[]): FieldProblem {
  const message =
    ownTeams.length === 0 ? 'you are in no team that may create clusters' : 'say for which of your teams';
  return { field: 'team', code: 'REQUIRED', message, allowed: ownTeams };
}

function foreignTeam(team: string, ownTeams: readonly string[]): FieldProblem {
  const message = `you may not create clusters for team "${team}"`;
  return { field: 'team', code: 'NOT_ALLOWED', message, allowed: ownTeams };
}

function notATagValue(field: string): FieldProblem {
  const message = `${field} becomes a cloud tag: 1 to 100 ASCII letters, digits, spaces and _ . : / = + - @`;
  return { field, code: 'INVALID_FORMAT', message };
}

import type { FieldProblem } from '../../../contract/error-codes.ts';
import { resolveTeam } from '../../kernel/access/resolve-team.ts';
import type { ClusterRequest, PolicyCaller } from './cluster-request.ts';
import { TAG_VALUE, tagValueOf } from './tags.ts';

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
  const { team, problem } = resolveTeam(request.team, caller, 'clusters');
  const ownName = tagValueOf(caller.name);
  const owner = request.owner ?? ownName;
  const ownership = { team, owner, costCenter: request.costCenter ?? team };

  const problems: FieldProblem[] = [];
  if (problem) problems.push(problem);
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

function notATagValue(field: string): FieldProblem {
  const message = `${field} is used as a cloud tag and must be 1 to 100 ASCII letters, digits, spaces and _ . : / = + - @`;
  return { field, code: 'INVALID_FORMAT', message };
}

import { ALL_TEAMS, type Grant, type Role, teamsWith } from '../caller.ts';

/**
 * Where the caller must have a role. `public`: nowhere, not even authentication. `proof`: nowhere, the request carries an STS proof
 * instead of a signature. `self`: nowhere, authentication is enough. `global`: in any team. `team`: in the team of the resource, which
 * each query checks. `installation`: in all teams.
 */
export const SCOPES = ['public', 'proof', 'self', 'global', 'team', 'installation'] as const;
export type Scope = (typeof SCOPES)[number];

/** What an operation requires of its caller: `x-ocpctl-access` in openapi.yaml. */
export interface Access {
  readonly roles: readonly Role[];
  readonly scope: Scope;
}

/** Whether a caller is allowed, and by which grants. */
export interface AccessDecision<G extends Grant = Grant> {
  readonly allowed: boolean;
  readonly rule: 'PUBLIC' | 'KNOWN' | 'GRANTED' | 'ROLE_MISSING' | 'TEAM_MISSING';
  /** The grants that allow it; when denied for a missing team, the grants that have the role in other teams. */
  readonly by: readonly G[];
  /** Teams whose resources the caller may access; null means all teams. */
  readonly teams: readonly string[] | null;
}

/** The grants that apply to a principal. A pinned grant applies only to the AWS unique id that it names. */
export function grantsFor<G extends { readonly uniqueId: string | null }>(
  uniqueId: string | null,
  granted: readonly G[],
): G[] {
  return granted.filter((grant) => grant.uniqueId === null || grant.uniqueId === uniqueId);
}

/**
 * Decides on every request; access reviews use the same function.
 * @param team for operations of scope `team`: the team in question
 */
export function decideAccess<G extends Grant>(
  { roles, scope }: Access,
  grants: readonly G[],
  team?: string,
): AccessDecision<G> {
  if (scope === 'public' || scope === 'proof') return { allowed: true, rule: 'PUBLIC', by: [], teams: null };
  if (scope === 'self') return { allowed: true, rule: 'KNOWN', by: [], teams: [] };
  const held = grants.filter(({ role }) => roles.includes(role));
  const teams = teamsWith({ grants }, roles);
  if (held.length === 0) return { allowed: false, rule: 'ROLE_MISSING', by: [], teams };
  const needed = scope === 'installation' ? ALL_TEAMS : scope === 'team' ? team : undefined;
  if (needed === undefined) return { allowed: true, rule: 'GRANTED', by: held, teams };
  const by = held.filter((grant) => grant.team === ALL_TEAMS || grant.team === needed);
  if (by.length === 0) return { allowed: false, rule: 'TEAM_MISSING', by: held, teams };
  return { allowed: true, rule: 'GRANTED', by, teams };
}

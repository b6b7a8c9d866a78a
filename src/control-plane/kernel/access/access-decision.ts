import { ALL_TEAMS, type Grant, type Role, teamsWith } from '../caller.ts';

/**
 * Where an operation's roles have to be held. `public`: for anybody. `proof`: signed with no key of ours but carrying a proof of its
 * own. `self`: for whoever is known, with or without a grant. `global`: anywhere. `team`: in the team of the thing; in which, each
 * query asks. `installation`: in all teams.
 */
export const SCOPES = ['public', 'proof', 'self', 'global', 'team', 'installation'] as const;
export type Scope = (typeof SCOPES)[number];

/** What an operation asks of its caller, as openapi.yaml says it. */
export interface Access {
  readonly roles: readonly Role[];
  readonly scope: Scope;
}

/** Whether a caller may, and by what. */
export interface AccessDecision<G extends Grant = Grant> {
  readonly allowed: boolean;
  readonly rule: 'PUBLIC' | 'KNOWN' | 'GRANTED' | 'ROLE_MISSING' | 'TEAM_MISSING';
  /** The grants that allow it; of a refusal, those that have the role but not where it is needed. */
  readonly by: readonly G[];
  /** Teams of which the caller may touch something; null is all of them. */
  readonly teams: readonly string[] | null;
}

/** The grants that count for a principal: one that is pinned is only for who has proven that very unique id. */
export function grantsFor<G extends { readonly uniqueId: string | null }>(
  uniqueId: string | null,
  granted: readonly G[],
): G[] {
  return granted.filter((grant) => grant.uniqueId === null || grant.uniqueId === uniqueId);
}

/**
 * The one judgement of rights: the pipeline asks it for every request, and the access test for whoever wants to know why.
 * @param team only with an operation of scope `team`: whether it may be done there.
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

export const ROLES = ['requester', 'auditor', 'platform_admin'] as const;
export type Role = (typeof ROLES)[number];

/** In place of a team: all of them. For auditors and admins only. */
export const ALL_TEAMS = '*';

export interface Grant {
  readonly role: Role;
  /** A team, or `*` for all (auditors and admins only). */
  readonly team: string;
}

/** Ways in. */
export const AUTH_MODES = ['local', 'sts', 'gateway'] as const;
export type AuthMode = (typeof AUTH_MODES)[number];

/** Who makes a request, proven; and from where, for the trail. */
export interface Caller {
  /** For example `local:admin`, `user:111122223333:path/NAME`. */
  readonly principal: string;
  readonly authMode: AuthMode;
  /** Of the session whose keys signed, if it was one. */
  readonly sessionId?: string;
  readonly grants: readonly Grant[];
  readonly requestId: string;
  readonly sourceIp: string;
  readonly userAgent: string;
}

/** @returns the caller's own name, without the kind and account of the principal. */
export function nameOf(principal: string): string {
  return principal.slice(principal.lastIndexOf(':') + 1);
}

/**
 * Teams in which one of `roles` is held: the filter of every query. `null` means all teams.
 * An empty list matches nothing.
 */
export function teamsWith(caller: Pick<Caller, 'grants'>, roles: readonly Role[]): string[] | null {
  const teams = caller.grants.filter((grant) => roles.includes(grant.role)).map((grant) => grant.team);
  return teams.includes(ALL_TEAMS) ? null : [...new Set(teams)];
}

export function isAdmin(caller: Pick<Caller, 'grants'>): boolean {
  return caller.grants.some((grant) => grant.role === 'platform_admin' && grant.team === ALL_TEAMS);
}

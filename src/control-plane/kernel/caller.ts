export const ROLES = ['requester', 'auditor', 'platform_admin'] as const;
export type Role = (typeof ROLES)[number];

/** Stands for all teams in a grant; for auditors and admins only. */
export const ALL_TEAMS = '*';

export interface Grant {
  readonly role: Role;
  /** A team, or `*` for all teams. */
  readonly team: string;
}

/** Authentication modes: keys of this server, credentials proven by AWS STS, identity headers of a gateway. */
export const AUTH_MODES = ['local', 'sts', 'gateway'] as const;
export type AuthMode = (typeof AUTH_MODES)[number];

/** Who makes an authenticated request, and what the audit log records about it. */
export interface Caller {
  /** For example `local:admin`, `user:111122223333:path/NAME`. */
  readonly principal: string;
  readonly authMode: AuthMode;
  /** Set when the request was signed with the keys of a session. */
  readonly sessionId?: string;
  /** The key that signed the request; absent in mode `gateway`. */
  readonly accessKeyId?: string;
  readonly grants: readonly Grant[];
  readonly requestId: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** The trace that the request is a part of. */
  readonly traceparent?: string | undefined;
}

/** Who did something, as the audit log records it. */
export type Actor = Pick<Caller, 'principal' | 'requestId' | 'sourceIp' | 'userAgent' | 'traceparent'>;

/** The actor of work that no person requested. */
export function systemActor(name: string): Actor {
  return { principal: `system:${name}`, requestId: '', sourceIp: '', userAgent: '' };
}

/** @returns the name within a principal, without its kind and account. */
export function nameOf(principal: string): string {
  return principal.slice(principal.lastIndexOf(':') + 1);
}

/**
 * Teams in which the caller has one of `roles`; queries filter by them. `null` means all teams, an empty list matches nothing.
 */
export function teamsWith(caller: Pick<Caller, 'grants'>, roles: readonly Role[]): string[] | null {
  const teams = caller.grants.filter((grant) => roles.includes(grant.role)).map((grant) => grant.team);
  return teams.includes(ALL_TEAMS) ? null : [...new Set(teams)];
}

export function isAdmin(caller: Pick<Caller, 'grants'>): boolean {
  return caller.grants.some((grant) => grant.role === 'platform_admin' && grant.team === ALL_TEAMS);
}

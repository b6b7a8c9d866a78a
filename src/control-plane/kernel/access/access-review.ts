import type { Grant, Role } from '../caller.ts';
import { AppError } from '../errors.ts';
import { type Access, type AccessDecision, decideAccess, grantsFor } from './access-decision.ts';

/** What somebody wants to know: may this principal do that. */
export interface AccessReviewRequest {
  readonly principal: string;
  /** The AWS unique id that the principal would prove; null for none. */
  readonly uniqueId: string | null;
  /** Absent: every operation. */
  readonly operation?: string | undefined;
  readonly team?: string | undefined;
}

interface KnownOperation {
  readonly id: string;
  readonly access: Access;
}

export interface AccessReview<G extends Grant> {
  readonly principal: string;
  /** The grants that count for this principal. */
  readonly grants: G[];
  /** Those that are pinned to another unique id, and so are not theirs. */
  readonly pinnedToOthers: G[];
  readonly items: {
    readonly operation: string;
    readonly scope: Access['scope'];
    readonly roles: Role[];
    readonly allowed: boolean;
    readonly rule: AccessDecision['rule'];
    readonly by: G[];
    readonly teams: string[] | null;
  }[];
}

/**
 * Judges as the pipeline does, by the same function, for a principal who is not here.
 * @throws AppError NOT_FOUND for an operation that the contract does not know
 */
export function reviewAccess<G extends Grant & { readonly uniqueId: string | null }>(
  { principal, uniqueId, operation, team }: AccessReviewRequest,
  all: readonly G[],
  operations: readonly KnownOperation[],
): AccessReview<G> {
  const asked = operations.filter(({ id }) => operation === undefined || id === operation);
  if (asked.length === 0) {
    throw new AppError('NOT_FOUND', `There is no operation ${operation}.`, {
      errors: [
        {
          field: 'query.operation',
          code: 'UNKNOWN_OPERATION',
          message: 'name one of these',
          allowed: operations.map(({ id }) => id),
        },
      ],
    });
  }
  const grants = grantsFor(uniqueId, all);
  return {
    principal,
    grants,
    pinnedToOthers: all.filter((grant) => !grants.includes(grant)),
    items: asked.map(({ id, access }) => {
      const { allowed, rule, by, teams } = decideAccess(access, grants, team);
      const { scope, roles } = access;
      return {
        operation: id,
        scope,
        roles: [...roles],
        allowed,
        rule,
        by: [...by],
        teams: teams === null ? null : [...teams],
      };
    }),
  };
}

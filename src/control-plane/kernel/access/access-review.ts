import type { Grant, Role } from '../caller.ts';
import { AppError } from '../errors.ts';
import { type Access, type AccessDecision, decideAccess, grantsFor } from './access-decision.ts';

/** May this principal do that? */
export interface AccessReviewRequest {
  readonly principal: string;
  /** The AWS unique id with which the principal would sign in; null for none. */
  readonly uniqueId: string | null;
  /** Undefined: every operation. */
  readonly operation?: string | undefined;
  readonly team?: string | undefined;
}

interface KnownOperation {
  readonly id: string;
  readonly access: Access;
}

export interface AccessReview<G extends Grant> {
  readonly principal: string;
  /** The grants that apply to this principal. */
  readonly grants: G[];
  /** Grants of the principal that do not apply, because they are pinned to another unique id. */
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
 * Answers as the request pipeline would decide, for another principal, like a SubjectAccessReview of Kubernetes.
 * @throws AppError NOT_FOUND for an operation that the contract does not know
 */
export function reviewAccess<G extends Grant & { readonly uniqueId: string | null }>(
  { principal, uniqueId, operation, team }: AccessReviewRequest,
  all: readonly G[],
  operations: readonly KnownOperation[],
): AccessReview<G> {
  const asked = operations.filter(({ id }) => operation === undefined || id === operation);
  if (asked.length === 0) {
    throw new AppError('NOT_FOUND', `Unknown operation: ${operation}.`, {
      errors: [
        {
          field: 'query.operation',
          code: 'UNKNOWN_OPERATION',
          message: 'must be one of the allowed values',
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

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../kernel/caller.ts';
import { AppError } from '../kernel/errors.ts';
import type { IpRateLimiter } from '../kernel/limits/ip-rate-limiter.ts';
import { type Budget, intervalSeconds } from '../kernel/limits/rate.ts';
import { VERSION } from '../kernel/version.ts';
import type { KnownKeyReserve } from './known-key-reserve.ts';

/** Who sent a request, which is counted already. */
export interface AuthenticatedRequest {
  readonly caller: Caller;
  /** What is left of the requests of the principal. */
  readonly budget: Budget;
}

export interface AuthenticateAndLimitOptions {
  readonly authenticate: (request: FastifyRequest, body: Uint8Array) => Promise<AuthenticatedRequest>;
  /** Of each network address, for requests that have not proven who sends them. */
  readonly addressLimiter: IpRateLimiter;
  readonly knownKeys: KnownKeyReserve;
}

/** The name of the policy in the RateLimit fields. */
const POLICY = 'principal';

/** @throws AppError RATE_LIMITED, before the body is read, when the address has sent too many unauthenticated requests */
export function assertAddressWithinLimit(
  { addressLimiter, knownKeys }: Pick<AuthenticateAndLimitOptions, 'addressLimiter' | 'knownKeys'>,
  request: FastifyRequest,
): void {
  const budget = addressLimiter.take(request.ip);
  if (budget.allowed || knownKeys.take(request)) return;
  const { burst } = budget.rate;
  throw rateLimited(budget, `Your address has used its ${burst} unauthenticated requests`, 'address');
}

/**
 * Authenticates a request and counts it against its principal; what it cost its address is refunded.
 * @throws SignatureRejectedError, AppError RATE_LIMITED
 */
export async function authenticateAndLimit(
  { authenticate, addressLimiter, knownKeys }: AuthenticateAndLimitOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  rawBody: Uint8Array,
): Promise<Caller> {
  const { caller, budget: taken } = await authenticate(request, rawBody);
  if (!knownKeys.recordVerified(request)) addressLimiter.refund(request.ip);
  // Strangers do not learn which version they face.
  void reply.header('ocpctl-version', VERSION);
  void reply.headers(rateLimitFields(taken));
  if (taken.allowed) return caller;
  const { rate } = taken;
  throw rateLimited(taken, `${caller.principal} has used its ${rate.burst} requests`, 'principal');
}

/** draft-ietf-httpapi-ratelimit-headers-10: q at most in w seconds; r are left, and after t seconds all of them are back. */
function rateLimitFields({ rate, remaining, resetSeconds }: Budget): Record<string, string> {
  const windowSeconds = Math.ceil(rate.burst * intervalSeconds(rate));
  return {
    'ratelimit-policy': `"${POLICY}";q=${rate.burst};w=${windowSeconds}`,
    ratelimit: `"${POLICY}";r=${remaining};t=${Math.ceil(resetSeconds)}`,
  };
}

function rateLimited({ rate, retryAfterSeconds }: Budget, who: string, field: string): AppError {
  const seconds = Math.max(1, Math.ceil(retryAfterSeconds));
  return new AppError(
    'RATE_LIMITED',
    `${who}; ${rate.perMinute} a minute come back, the next in ${seconds} s.`,
    {
      retryAfterSeconds: seconds,
      errors: [
        {
          field,
          code: 'RATE_LIMITED',
          message: `${rate.burst} of ${rate.burst} requests; ${rate.perMinute} a minute`,
          allowed: [String(rate.burst)],
        },
      ],
    },
  );
}

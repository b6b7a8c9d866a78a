import type { FastifyRequest } from 'fastify';
import { grantsFor } from '../kernel/access/access-decision.ts';
import { listGrantsOf } from '../kernel/access/grants.sql.ts';
import { findAccessKey } from '../kernel/access/keys.sql.ts';
import { ACCESS_KEY_SECRET, SESSION_KEY } from '../kernel/access/keys.ts';
import { SignatureRejectedError } from '../kernel/access/sigv4/signature-rejected-error.ts';
import {
  type SigningKey,
  type VerificationPolicy,
  verifyRequest,
} from '../kernel/access/sigv4/verify-request.ts';
import { type AuthMode, type Grant, ROLES } from '../kernel/caller.ts';
import type { Db, Queryable } from '../kernel/db/db.ts';
import type { PrincipalRateLimiter } from '../kernel/limits/principal-rate-limiter.ts';
import type { Budget } from '../kernel/limits/rate.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';
import { sessionKey } from '../kernel/sessions/sessions.ts';
import type { AuthenticatedRequest } from './authenticate-and-limit.ts';
import type { DeniedRequestLog } from './denied-request-log.ts';
import { actorOf } from './denied-request-log.ts';
import { type GatewayPolicy, gatewayIdentity } from './gateway-identity.ts';
import type { WarningLimiter } from './warning-limiter.ts';

export interface AuthenticationOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  /** The authentication modes that are enabled. */
  readonly modes: ReadonlySet<AuthMode>;
  readonly region: string;
  /** Host header values under which this server is reached. */
  readonly hosts: (host: string) => boolean;
  readonly now: () => Date;
  /** Of each principal. */
  readonly principalLimiter: PrincipalRateLimiter;
  /** For mode `gateway`. */
  readonly gateway?: GatewayPolicy | undefined;
  /** Records requests that could not be authenticated. */
  readonly deniedRequests: DeniedRequestLog;
  readonly warnings: WarningLimiter;
}

const MAX_SKEW_SECONDS = 300;

/** Who sent a request, and what proves it. */
interface Proven {
  readonly principal: string;
  readonly authMode: AuthMode;
  /** The AWS id behind the name, where one was proven. */
  readonly uniqueId: string | null;
  readonly sessionId?: string;
  readonly accessKeyId?: string;
}

type Key = SigningKey & Proven;

/** @returns a function that proves who sent a request and counts it, or throws SignatureRejectedError. */
export function authenticator(
  options: AuthenticationOptions,
): (request: FastifyRequest, body: Uint8Array) => Promise<AuthenticatedRequest> {
  const { db, modes, gateway, principalLimiter } = options;
  return async (request, body) => {
    const { uniqueId, budget, ...proven } = await authenticate(request).catch(async (error: unknown) => {
      // The response is the same for every cause; this log and the audit log have the reason.
      if (error instanceof SignatureRejectedError) {
        warnNotAuthenticated(options.warnings, request, error.reason);
        await options.deniedRequests.recordFailedAuthentication(request, error.reason);
      }
      throw error;
    });
    const grants = await grantsOf(db, proven.principal, uniqueId);
    const caller = { ...proven, ...actorOf(request, proven.principal), grants };
    return { caller, budget: budget ?? (await principalLimiter.take(proven.principal)) };

    async function authenticate({
      raw,
    }: FastifyRequest): Promise<Proven & { readonly budget?: Budget | undefined }> {
      const named =
        modes.has('gateway') && gateway ? gatewayIdentity(raw, gateway, options.hosts) : undefined;
      if (named) return { principal: named.principal, authMode: 'gateway', uniqueId: null };
      const { method = '', url = '', rawHeaders, rawTrailers } = raw;
      const policy = verificationPolicy(options);
      const { key } = await verifyRequest({ method, target: url, rawHeaders, rawTrailers, body }, policy);
      // The rest of the key is secret and is not passed on.
      const { principal, authMode, uniqueId, accessKeyId, sessionId } = key;
      return {
        principal,
        authMode,
        uniqueId,
        accessKeyId,
        budget: policy.budget(),
        ...(sessionId === undefined ? {} : { sessionId }),
      };
    }
  };
}

function warnNotAuthenticated(warnings: WarningLimiter, request: FastifyRequest, reason: string): void {
  const isHost = reason === 'HOST_UNKNOWN';
  const hint = isHost ? ': unknown host; if clients use this host, add it to OCPCTL_PUBLIC_HOSTS' : '';
  const fields = isHost ? { host: request.headers.host } : {};
  warnings.warn(request, reason, fields, `request not authenticated${hint}`);
}

/** Of one request. `budget` is what is left to its principal, when it is verified. */
function verificationPolicy(
  options: AuthenticationOptions,
): VerificationPolicy<Key> & { budget(): Budget | undefined } {
  const { db, secrets, modes, region, hosts, now, principalLimiter } = options;
  let principal: string | undefined;
  let budget: Budget | undefined;
  const find = async (id: string): Promise<Key | undefined> => {
    if (id.startsWith(SESSION_KEY)) {
      const key = await sessionKey(db, secrets, id);
      return key && modes.has('sts') ? { ...key, authMode: 'sts', sessionId: id } : undefined;
    }
    const key = await localKey(db, secrets, id);
    return key && modes.has('local') ? { ...key, authMode: 'local', uniqueId: null } : undefined;
  };
  return {
    region,
    service: 'ocpctl',
    hosts,
    now,
    maxSkewSeconds: MAX_SKEW_SECONDS,
    async findKey(id) {
      const key = await find(id);
      principal = key?.principal;
      return key;
    },
    async useNonce(accessKeyId, nonce, expiresAt) {
      const rememberSeconds = (expiresAt.getTime() - now().getTime()) / 1000;
      if (principal === undefined) throw new TypeError('a verified request has a key');
      budget = await principalLimiter.takeWithNonce(principal, { accessKeyId, nonce, rememberSeconds });
      return budget !== undefined;
    },
    budget: () => budget,
  };
}

async function localKey(db: Db, secrets: SecretStore, accessKeyId: string) {
  const [key] = await db.query(findAccessKey, { id: accessKeyId });
  // Looked up for an unknown key as well: its absence must not answer sooner.
  const secret = await secrets.open(db, { ownerId: accessKeyId, kind: ACCESS_KEY_SECRET });
  return (
    key && secret && { accessKeyId, principal: key.principal, secret: Buffer.from(secret).toString('utf8') }
  );
}

/** The grants that apply to a principal now. */
export async function grantsOf(db: Queryable, principal: string, uniqueId: string | null): Promise<Grant[]> {
  const rows = await db.query(listGrantsOf, { principal });
  return grantsFor(uniqueId, rows).flatMap(({ role, team }) => {
    const known = ROLES.find((name) => name === role);
    return known ? [{ role: known, team }] : [];
  });
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { components } from '../../contract/api.gen.ts';
import { SignatureRejectedError } from '../kernel/access/sigv4/signature-rejected-error.ts';
import { audit, PLATFORM_STREAM } from '../kernel/audit/audit.ts';
import type { Db } from '../kernel/db/db.ts';
import { AppError } from '../kernel/errors.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';
import { issueSession, type SessionLimits } from '../kernel/sessions/sessions.ts';
import { type ProofOptions, type ProvenIdentity, verifyProof } from '../kernel/sts/verify-proof.ts';
import type { Operation } from './contract.ts';
import { actorOf, type DeniedRequestLog } from './denied-request-log.ts';
import { assertAccountAllowed } from './gateway-identity.ts';
import { responseText, sendJson } from './responses.ts';
import { bodyOf, validateRequest } from './validation.ts';
import type { WarningLimiter } from './warning-limiter.ts';

export interface SignInOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  /** Absent when sign-in with AWS credentials is disabled. */
  readonly proof: Omit<ProofOptions, 'onNoAnswer'> | undefined;
  /** AWS accounts whose users and roles may sign in. */
  readonly accounts: ReadonlySet<string>;
  readonly limits: SessionLimits;
  /** The region that requests to this server are signed for. */
  readonly region: string;
  readonly deniedRequests: DeniedRequestLog;
  readonly warnings: WarningLimiter;
}

const ACTION = 'auth.session.create';

/** Exchanges an STS proof for a session. The only request that is not signed with a key of this server. */
export async function signIn(
  operation: Operation,
  options: SignInOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const rawBody = bodyOf(request);
  let identity: ProvenIdentity | undefined;
  try {
    identity = await prove(options, request, rawBody);
    assertAccountAllowed(options.accounts, identity.account);
    validateRequest(operation, request, rawBody);
    const body = await openSession(options, identity, request);
    return sendJson(reply, 201, responseText(operation, 201, body));
  } catch (error) {
    await logFailedSignIn(options, identity, request, error);
    throw error;
  }
}

async function prove(
  { proof, warnings }: SignInOptions,
  request: FastifyRequest,
  body: Uint8Array,
): Promise<ProvenIdentity> {
  const { method = '', url = '', rawHeaders, rawTrailers } = request.raw;
  if (!proof) {
    if (request.headers.authorization === undefined)
      throw new SignatureRejectedError('AUTHORIZATION_MISSING');
    throw new AppError(
      'NOT_FOUND',
      'This server does not accept sign-in with AWS credentials: use an access key.',
    );
  }
  return verifyProof({ method, target: url, rawHeaders, rawTrailers, body }, request.ip, {
    ...proof,
    onNoAnswer: (error) =>
      warnings.warn(request, 'STS_NO_ANSWER', { err: error }, 'STS did not answer a sign-in'),
  });
}

function openSession(
  { db, secrets, limits, region }: SignInOptions,
  identity: ProvenIdentity,
  request: FastifyRequest,
): Promise<components['schemas']['SessionKeys']> {
  const { principal, arn, uniqueId, claimedSession } = identity;
  return db.tx(async (tx) => {
    const { expiresAt, ...keys } = await issueSession(tx, secrets, identity, limits);
    await audit(tx, PLATFORM_STREAM, actorOf(request, principal), {
      action: ACTION,
      target: keys.accessKeyId,
      status: 'SUCCESS',
      metadata: { arn, uniqueId, claimedSession, expiresAt: expiresAt.toISOString() },
    });
    return { ...keys, expiresAt: expiresAt.toISOString(), region, principal };
  });
}

/** Audited: identities that AWS confirmed and this server does not allow, and proofs that STS rejected. Not what anyone can send without limit. */
async function logFailedSignIn(
  { deniedRequests, warnings }: SignInOptions,
  identity: ProvenIdentity | undefined,
  request: FastifyRequest,
  error: unknown,
): Promise<void> {
  if (!(error instanceof AppError)) return;
  const reason = error instanceof SignatureRejectedError ? error.reason : error.code;
  const denied = error.status === 403;
  if (denied || error instanceof SignatureRejectedError)
    warnings.warn(request, reason, {}, 'sign-in rejected');
  if (!denied && reason !== 'PROOF_REJECTED_BY_STS') return;
  const actor = actorOf(request, identity?.principal ?? 'unknown');
  const metadata = { code: error.code, reason, detail: error.message };
  await deniedRequests.recordFailedSignIn(actor, {
    action: ACTION,
    target: identity?.arn ?? '',
    status: denied ? 'DENIED' : 'FAILURE',
    metadata,
  });
}

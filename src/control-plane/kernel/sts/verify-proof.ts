import { findNonce, useNonce } from '../access/nonces.sql.ts';
import { type AwsPrincipal, principalOfCaller } from '../access/principal.ts';
import { rememberNonceSeconds } from '../access/sigv4/nonce.ts';
import { SignatureRejectedError } from '../access/sigv4/signature-rejected-error.ts';
import type { SignedRequest } from '../access/sigv4/verify-request.ts';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { type CallerIdentity, readCallerIdentity } from './caller-identity.ts';
import { PROOF_MAX_SKEW_SECONDS, type ProofPolicy, readProof, type StsProof } from './proof.ts';
import { type StsCircuitBreaker, stsUnavailable } from './sts-circuit-breaker.ts';
import { type StsClient, StsNoAnswerError } from './sts-client.ts';

/** Somebody whom AWS vouches for. */
export interface ProvenIdentity extends AwsPrincipal {
  readonly arn: string;
  /** AIDA… of a user, AROA… of a role: another one under the same name is somebody else. */
  readonly uniqueId: string;
  readonly accessKeyId: string;
}

export interface ProofOptions extends ProofPolicy {
  readonly db: Queryable;
  readonly client: StsClient;
  readonly circuitBreaker: StsCircuitBreaker;
  readonly clock: Clock;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Hears why STS said nothing. */
  readonly onNoAnswer: (error: StsNoAnswerError) => void;
}

const MAX_RETRIES = 2;
const RETRY_MS = 100;

/**
 * Decides who made a proof. Cheap checks come first; then STS is asked, with a request of which nothing but values of a strict
 * form is the client's.
 * @throws SignatureRefused (401), AppError 403 for somebody known who may not sign in, 429, 503
 */
export async function verifyProof(
  request: SignedRequest,
  address: string,
  options: ProofOptions,
): Promise<ProvenIdentity> {
  const proof = readProof(request, options);
  const { accessKeyId, nonce } = proof;
  if ((await options.db.query(findNonce, { accessKeyId, nonce })).length > 0)
    throw new SignatureRejectedError('NONCE_REUSED');
  const identity = await options.circuitBreaker
    .run(address, () => callWithRetries(proof, options))
    .catch((error: unknown) => {
      if (!(error instanceof StsNoAnswerError)) throw error;
      options.onNoAnswer(error);
      throw stsUnavailable();
    });
  if (!identity) {
    options.circuitBreaker.recordRejection(address);
    throw new SignatureRejectedError('PROOF_REFUSED_BY_STS');
  }
  const proven = provenIdentity(identity, proof);
  const rememberSeconds = rememberNonceSeconds(PROOF_MAX_SKEW_SECONDS);
  // Only now, so that junk fills no table; of two copies that came this far at once, one gets the row.
  if ((await options.db.query(useNonce, { accessKeyId, nonce, rememberSeconds })).length === 0)
    throw new SignatureRejectedError('NONCE_REUSED');
  return proven;
}

async function callWithRetries(
  proof: StsProof,
  { client: wire, clock, random }: ProofOptions,
): Promise<CallerIdentity | undefined> {
  for (let retries = 0; ; retries++) {
    try {
      return readCallerIdentity(await wire.send(proof));
    } catch (error) {
      if (!(error instanceof StsNoAnswerError && error.retryable && retries < MAX_RETRIES)) throw error;
      await clock.sleep(RETRY_MS * 2 ** retries * (0.5 + random()));
    }
  }
}

function provenIdentity(
  { arn, account, userId }: CallerIdentity,
  { accessKeyId, partition }: StsProof,
): ProvenIdentity {
  const known = principalOfCaller(arn);
  const uniqueId = known && uniqueIdOf(known, userId);
  if (!known || uniqueId === undefined) {
    throw new AppError('PRINCIPAL_NOT_ALLOWED', `${arn} cannot sign in: only IAM users and roles can.`);
  }
  // STS would contradict itself: nobody is let in on that.
  if (known.account !== account || known.partition !== partition) throw stsUnavailable();
  return { ...known, arn, uniqueId, accessKeyId };
}

function uniqueIdOf({ kind, claimedSession }: AwsPrincipal, userId: string): string | undefined {
  if (kind === 'user') return /^AIDA[A-Z0-9]{8,124}$/.test(userId) ? userId : undefined;
  const [, id, session] = /^(AROA[A-Z0-9]{8,124}):(.+)$/.exec(userId) ?? [];
  return session === claimedSession ? id : undefined;
}

import { findNonce, useNonce } from '../access/nonces.sql.ts';
import { type AwsPrincipal, principalOfCaller } from '../access/principal.ts';
import { SignatureRejectedError } from '../access/sigv4/signature-rejected-error.ts';
import { rememberNonceSeconds, type SignedRequest } from '../access/sigv4/verify-request.ts';
import type { Clock } from '../clock.ts';
import type { Queryable } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { type CallerIdentity, readCallerIdentity } from './caller-identity.ts';
import { PROOF_MAX_SKEW_SECONDS, type ProofPolicy, readProof, type StsProof } from './proof.ts';
import { type StsCircuitBreaker, stsUnavailable } from './sts-circuit-breaker.ts';
import { type StsClient, StsNoAnswerError } from './sts-client.ts';

/** An identity that STS has verified. */
export interface ProvenIdentity extends AwsPrincipal {
  readonly arn: string;
  /** AIDA… of a user, AROA… of a role. A user or role that is created again under the same name has another one. */
  readonly uniqueId: string;
  readonly accessKeyId: string;
}

export interface ProofOptions extends ProofPolicy {
  readonly db: Queryable;
  readonly client: StsClient;
  readonly circuitBreaker: StsCircuitBreaker;
  readonly clock: Clock;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Called when STS gave no usable answer. */
  readonly onNoAnswer: (error: StsNoAnswerError) => void;
}

const MAX_RETRIES = 2;
const RETRY_MS = 100;

/**
 * Verifies who signed a proof. The cheap checks run first, then STS is called. Only strictly validated values of the client's request
 * go into that call.
 * @throws SignatureRejectedError (401), AppError 403 for an identity that may not sign in, 429, 503
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
    .run(address, proof.region, () => callWithRetries(proof, options))
    .catch((error: unknown) => {
      if (!(error instanceof StsNoAnswerError)) throw error;
      options.onNoAnswer(error);
      throw stsUnavailable(proof.region);
    });
  if (!identity) {
    options.circuitBreaker.recordRejection(address);
    throw new SignatureRejectedError('PROOF_REJECTED_BY_STS');
  }
  const proven = provenIdentity(identity, proof);
  const rememberSeconds = rememberNonceSeconds(PROOF_MAX_SKEW_SECONDS);
  // Only now, so that invalid proofs do not fill the table. Of two copies of a proof, one gets the row.
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
  { accessKeyId, partition, region }: StsProof,
): ProvenIdentity {
  const known = principalOfCaller(arn);
  const uniqueId = known && uniqueIdOf(known, userId);
  if (!known || uniqueId === undefined) {
    throw new AppError('PRINCIPAL_NOT_ALLOWED', `${arn} cannot sign in: only IAM users and roles can.`);
  }
  // The account in the ARN differs from the account that STS reports: do not trust either.
  if (known.account !== account || known.partition !== partition) throw stsUnavailable(region);
  return { ...known, arn, uniqueId, accessKeyId };
}

function uniqueIdOf({ kind, claimedSession }: AwsPrincipal, userId: string): string | undefined {
  if (kind === 'user') return /^AIDA[A-Z0-9]{8,124}$/.test(userId) ? userId : undefined;
  const [, id, session] = /^(AROA[A-Z0-9]{8,124}):(.+)$/.exec(userId) ?? [];
  return session === claimedSession ? id : undefined;
}

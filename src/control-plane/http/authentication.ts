import type { FastifyRequest } from 'fastify';
import { type Caller, type Grant, ROLES } from '../kernel/access/caller.ts';
import { SignatureRefused } from '../kernel/access/sigv4/refusal.ts';
import { type VerificationPolicy, verifyRequest } from '../kernel/access/sigv4/verify.ts';
import { findAccessKey, listGrants, useNonce } from '../kernel/access/store.ts';
import type { Db } from '../kernel/db/db.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';

export interface AuthenticationOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  readonly region: string;
  /** Host header values under which this server is reached. */
  readonly hosts: (host: string) => boolean;
  readonly now: () => Date;
}

/** The kind under which the secret half of a local access key is sealed; its owner is the key's id. */
export const ACCESS_KEY_SECRET = 'access-key';

const MAX_SKEW_SECONDS = 300;

/** @returns a function that proves who sent a request, or throws SignatureRefused. */
export function authenticator(
  options: AuthenticationOptions,
): (request: FastifyRequest, body: Uint8Array) => Promise<Caller> {
  const { db, secrets } = options;
  const policy: VerificationPolicy<{ accessKeyId: string; secret: string; principal: string }> = {
    region: options.region,
    service: 'ocpctl',
    hosts: options.hosts,
    now: options.now,
    maxSkewSeconds: MAX_SKEW_SECONDS,
    async findKey(accessKeyId) {
      const [key] = await db.query(findAccessKey, { id: accessKeyId });
      // Looked up for an unknown key as well: its absence must not answer sooner.
      const secret = await secrets.open(db, { ownerId: accessKeyId, kind: ACCESS_KEY_SECRET });
      return (
        key &&
        secret && { accessKeyId, principal: key.principal, secret: Buffer.from(secret).toString('utf8') }
      );
    },
    async useNonce(accessKeyId, nonce, expiresAt) {
      const rememberSeconds = (expiresAt.getTime() - options.now().getTime()) / 1000;
      return (await db.query(useNonce, { accessKeyId, nonce, rememberSeconds })).length === 1;
    },
  };
  return async (request, body) => {
    const { method, url, rawHeaders, rawTrailers } = request.raw;
    const identity = await verifyRequest(
      { method: method ?? '', target: url ?? '', rawHeaders, rawTrailers, body },
      policy,
    ).catch((refused: unknown) => {
      // Every cause gets the same words; the operator reads here which one it was.
      if (refused instanceof SignatureRefused)
        request.log.warn({ reason: refused.reason, ip: request.ip }, 'not let in');
      throw refused;
    });
    const { principal } = identity.key;
    return {
      principal,
      authMode: 'local',
      grants: await grantsOf(db, principal),
      requestId: request.id,
      sourceIp: request.ip,
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 200),
    };
  };
}

async function grantsOf(db: Db, principal: string): Promise<Grant[]> {
  const rows = await db.query(listGrants, { principal });
  return rows.flatMap(({ role, team }) => {
    const known = ROLES.find((name) => name === role);
    return known ? [{ role: known, team }] : [];
  });
}

import { createHash } from 'node:crypto';
import type { Db, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { findIdempotencyRecord, insertIdempotencyRecord, tryLockIdempotencyKey } from './once.sql.ts';

export interface IdempotentRequest {
  readonly principal: string;
  /** Method and route template. */
  readonly operation: string;
  readonly key: string;
  /** Hash of method, raw target and raw body: the same key with another request is rejected. */
  readonly fingerprint: string;
}

export interface RecordedResponse {
  readonly status: number;
  /** The exact text of the body, so that a replay has the same bytes. */
  readonly body: string;
}

const KEY = /^[A-Za-z0-9_-]{16,128}$/;

/** Accepts the bare form and the quoted one of draft-ietf-httpapi-idempotency-key-header. */
export function parseIdempotencyKey(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw new AppError('IDEMPOTENCY_KEY_MISSING', 'This request needs an Idempotency-Key header.', {
      errors: [
        {
          field: 'idempotency-key',
          code: 'REQUIRED',
          message: 'a key of 16 to 128 characters of A-Z a-z 0-9 _ -',
        },
      ],
    });
  }
  const key = /^".*"$/.test(header) ? header.slice(1, -1) : header;
  if (KEY.test(key)) return key;
  throw new AppError('BAD_REQUEST', 'The Idempotency-Key is malformed.', {
    errors: [
      {
        field: 'idempotency-key',
        code: 'INVALID_FORMAT',
        message: '16 to 128 characters of A-Z a-z 0-9 _ -',
      },
    ],
  });
}

export function fingerprintOf(method: string, target: string, body: Uint8Array): string {
  return createHash('sha256').update(`${method}\n${target}\n`).update(body).digest('hex');
}

/**
 * Runs `work` at most once per key: its effect and its response are committed together. If it throws, nothing is recorded, so a
 * rejected request can be sent again with the same key.
 */
export async function once(
  db: Db,
  intent: IdempotentRequest,
  work: (tx: Tx) => Promise<RecordedResponse>,
): Promise<RecordedResponse & { readonly replayed: boolean }> {
  const { principal, operation, key, fingerprint } = intent;
  return db.tx(async (tx) => {
    const [lock] = await tx.query(tryLockIdempotencyKey, { what: `${principal}\n${operation}\n${key}` });
    if (!lock?.locked) {
      throw new AppError('REQUEST_IN_FLIGHT', 'A request with this Idempotency-Key is still running.', {
        retryAfterSeconds: 1,
      });
    }
    const [record] = await tx.query(findIdempotencyRecord, { principal, operation, key });
    if (record && record.fingerprint !== fingerprint) {
      throw new AppError('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for a different request.');
    }
    if (record) return { status: record.status, body: record.body, replayed: true };
    const answer = await work(tx);
    const [stored] = await tx.query(insertIdempotencyRecord, {
      principal,
      operation,
      key,
      fingerprint,
      ...answer,
    });
    if (!stored)
      throw new AppError('REQUEST_IN_FLIGHT', 'A request with this Idempotency-Key has just finished.', {
        retryAfterSeconds: 1,
      });
    return { ...answer, replayed: false };
  });
}

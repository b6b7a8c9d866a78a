import type { Db, Queryable, Tx } from '../db/db.ts';

/** Identifies a secret: its owner, and its kind, as `pull-secret`; modules define their kinds. */
export interface SecretId {
  readonly ownerId: string;
  readonly kind: string;
}

export interface KeyStatus {
  readonly currentKeyId: string;
  /** Secrets that are still wrapped with older keys. */
  readonly pending: number;
  readonly keys: readonly {
    readonly id: string;
    readonly current: boolean;
    readonly secrets: number;
    readonly addedAt: Date | null;
  }[];
}

/**
 * The keys that seal secrets, and their rotation: `rotate` adds a key, then `rewrap` and `removeUnused` complete it. Each step can be
 * interrupted and repeated; all secrets stay readable.
 */
export interface SecretKeys {
  status(q: Queryable): Promise<KeyStatus>;
  /** @throws AppError STATE_CONFLICT while a rotation is in progress */
  assertNoRotation(q: Queryable): Promise<void>;
  /** Adds a key that seals from now on. @throws AppError STATE_CONFLICT while a rotation is in progress */
  rotate(tx: Tx): Promise<void>;
  /** Wraps the secrets of older keys with the current one. @returns how many */
  rewrap(q: Queryable): Promise<number>;
  /** Removes unused keys. @returns their ids */
  removeUnused(db: Db): Promise<string[]>;
}

/**
 * Secrets, sealed at rest (G15). Each method takes the connection to use, so that a secret is committed together with what it
 * belongs to. The caller authorizes and audits an access before it opens a secret.
 */
export interface SecretStore {
  /** Seals and stores; a secret of the same owner and kind is replaced. */
  put(q: Queryable, secretId: SecretId, plaintext: Uint8Array): Promise<void>;
  /** @throws SecretUnreadableError when it was changed, moved, or sealed with a missing key */
  open(q: Queryable, secretId: SecretId): Promise<Buffer | undefined>;
  /** @returns whether there was one */
  remove(q: Queryable, secretId: SecretId): Promise<boolean>;
  /** Undefined when the store manages its keys itself. */
  readonly keys?: SecretKeys;
  /** @throws SetupError when the store cannot be used, or secrets are sealed with missing keys */
  assertKeysPresent(q: Queryable): Promise<void>;
}

/** A stored secret cannot be opened. The message names the secret and contains nothing of it. */
export class SecretUnreadableError extends Error {
  readonly code = 'SECRET_UNREADABLE';
  constructor({ ownerId, kind }: SecretId, why: string, cause?: unknown) {
    super(
      `the secret ${kind} of ${ownerId} cannot be opened: ${why}`,
      cause === undefined ? undefined : { cause },
    );
    this.name = 'SecretUnreadableError';
  }
}

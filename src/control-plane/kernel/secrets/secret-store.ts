import type { Db, Queryable, Tx } from '../db/db.ts';

/** What a secret is: whose, and of which kind (`pull-secret`, `kubeconfig`; the wings name their own). */
export interface SecretId {
  readonly ownerId: string;
  readonly kind: string;
}

export interface KeyStatus {
  readonly currentKeyId: string;
  /** Secrets that older keys still hold. */
  readonly pending: number;
  readonly keys: readonly {
    readonly id: string;
    readonly current: boolean;
    readonly secrets: number;
    readonly addedAt: Date | null;
  }[];
}

/**
 * The keys that seal secrets, and their rotation: `rotate` adds a key, `rewrap` and `removeUnused` do the rest in any number of
 * turns. Each step may be cut off and repeated; every secret can be read all the time.
 */
export interface SecretKeys {
  status(q: Queryable): Promise<KeyStatus>;
  /** @throws AppError STATE_CONFLICT while a rotation goes on */
  assertNoRotation(q: Queryable): Promise<void>;
  /** Adds a key that seals from now on. @throws AppError STATE_CONFLICT while an earlier rotation goes on */
  rotate(tx: Tx): Promise<void>;
  /** Wraps what older keys hold under the current one. @returns how many were wrapped anew */
  rewrap(q: Queryable): Promise<number>;
  /** Takes keys away that hold nothing. @returns their ids */
  removeUnused(db: Db): Promise<string[]>;
}

/**
 * Secrets, sealed at rest (G15). Each method takes the connection to work on, so that a secret is committed together
 * with what it belongs to. Who may open one is decided, and audited, by the caller before.
 */
export interface SecretStore {
  /** Seals and stores; a secret of the same owner and kind is replaced. */
  put(q: Queryable, secretId: SecretId, plaintext: Uint8Array): Promise<void>;
  /** @throws SecretUnreadableError when it was changed, moved, or sealed under a key that is not here */
  open(q: Queryable, secretId: SecretId): Promise<Buffer | undefined>;
  /** @returns whether there was one */
  remove(q: Queryable, secretId: SecretId): Promise<boolean>;
  /** The keys that seal, where they are ours to turn; a service that turns its own has none to show. */
  readonly keys?: SecretKeys;
  /** @throws SetupError when secrets are sealed under keys that the key file does not have */
  assertKeysPresent(q: Queryable): Promise<void>;
}

/** A stored secret does not open. Says which one, never anything of it. */
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

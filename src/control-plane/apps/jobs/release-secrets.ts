import * as z from 'zod';
import type { Queryable } from '../../kernel/db/db.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import { createRedactor, type Redactor } from '../../kernel/telemetry/redaction.ts';
import { VARIABLES_SECRET } from '../service/stored-variables.ts';

const variablesSchema = z.record(z.string(), z.string());

/** Releases whose values are kept at hand: those of one host's instances. */
const MAX_KNOWN = 500;

/**
 * The values of releases, to replace them in what their own instances wrote. Not in what others wrote: a team could learn the values of
 * another one by what is replaced in its log.
 */
export class ReleaseSecrets {
  readonly #secrets: SecretStore;
  readonly #known = new Map<string, Redactor>();

  constructor(secrets: SecretStore) {
    this.#secrets = secrets;
  }

  /** @returns undefined when they are gone */
  async open(db: Queryable, releaseId: string): Promise<Readonly<Record<string, string>> | undefined> {
    const sealed = await this.#secrets.open(db, { ownerId: releaseId, kind: VARIABLES_SECRET });
    if (sealed === undefined) return undefined;
    return variablesSchema.parse(JSON.parse(sealed.toString('utf8')));
  }

  /** For what instances of the release wrote. */
  async redactorOf(db: Queryable, releaseId: string): Promise<Redactor> {
    const known = this.#known.get(releaseId);
    if (known !== undefined) return known;
    const redactor = createRedactor();
    // Programs write a value of several lines line by line.
    for (const value of Object.values((await this.open(db, releaseId)) ?? {}))
      for (const text of new Set([value, ...value.split(/\r?\n/)])) redactor.register(text);
    const [oldest] = this.#known.keys();
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(releaseId, redactor);
    return redactor;
  }
}

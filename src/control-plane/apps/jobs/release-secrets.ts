import * as z from 'zod';
import type { Queryable } from '../../kernel/db/db.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Redactor } from '../../kernel/telemetry/redaction.ts';
import { VARIABLES_SECRET } from '../service/stored-variables.ts';

const variablesSchema = z.record(z.string(), z.string());

/** The values of releases, of which this process knows those that it has opened: from then on it replaces them in logs and errors. */
export class ReleaseSecrets {
  readonly #secrets: SecretStore;
  readonly #redactor: Redactor;
  readonly #known = new Set<string>();

  constructor(secrets: SecretStore, redactor: Redactor) {
    this.#secrets = secrets;
    this.#redactor = redactor;
  }

  /** @returns undefined when they are gone */
  async open(db: Queryable, releaseId: string): Promise<Readonly<Record<string, string>> | undefined> {
    const sealed = await this.#secrets.open(db, { ownerId: releaseId, kind: VARIABLES_SECRET });
    if (sealed === undefined) return undefined;
    const variables = variablesSchema.parse(JSON.parse(sealed.toString('utf8')));
    if (!this.#known.has(releaseId)) for (const value of Object.values(variables)) this.#register(value);
    this.#known.add(releaseId);
    return variables;
  }

  /** For what instances of the release wrote, also those that an earlier process started. */
  async ensureKnown(db: Queryable, releaseId: string): Promise<void> {
    if (!this.#known.has(releaseId)) await this.open(db, releaseId);
  }

  /** Programs write a value of several lines line by line. */
  #register(value: string): void {
    for (const text of new Set([value, ...value.split(/\r?\n/)])) this.#redactor.register(text);
  }
}

import { text } from 'node:stream/consumers';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';

/** The anchors of one run of the periodic task, written once under a name that sorts by time. */
export interface AuditAnchorBatch {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Six weeks of hourly runs. Every stream has an anchor at least once a day. */
const NEWEST = 1_000;
const FOLDER = 'anchors';
const READ_AT_ONCE = 10;

/** Anchors outside the database, as files of JSON lines. Batches are cached, because they never change. */
export class AuditAnchorStore {
  readonly #artifacts: ArtifactStore;
  #read = new Map<string, AuditAnchorBatch>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  async write(now: Date, id: string, lines: readonly string[]): Promise<void> {
    const [day = '', time = ''] = now.toISOString().split('T');
    const name = `${FOLDER}/${day.replaceAll('-', '/')}/${time.slice(0, 8).replaceAll(':', '')}Z-${id}.jsonl`;
    await this.#artifacts.put(name, Buffer.from(lines.map((line) => `${line}\n`).join('')));
  }

  /** Stores the public key beside the anchors, so that they can be verified without this server. */
  async publishKey(id: string, publicPem: string): Promise<void> {
    await this.#artifacts.put(`keys/${id}.pem`, Buffer.from(publicPem));
  }

  /** The newest batches, oldest first. Older ones add nothing: each anchor covers all events before it. */
  async newest(): Promise<AuditAnchorBatch[]> {
    const names = (await this.#artifacts.list(FOLDER)).slice(-NEWEST).map(({ key }) => key);
    const wanted = names.filter((name) => !this.#read.has(name));
    const fresh: AuditAnchorBatch[] = [];
    for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
      fresh.push(...(await Promise.all(wanted.slice(at, at + READ_AT_ONCE).map((name) => this.#load(name)))));
    }
    const byName = new Map([...this.#read, ...fresh.map((batch) => [batch.name, batch] as const)]);
    const batches = names.flatMap((name) => byName.get(name) ?? []);
    this.#read = new Map(batches.map((batch) => [batch.name, batch]));
    return batches;
  }

  async #load(name: string): Promise<AuditAnchorBatch> {
    const content = await text(await this.#artifacts.get(name));
    return { name, lines: content.split('\n').filter((line) => line !== '') };
  }
}

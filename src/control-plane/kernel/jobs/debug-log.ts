import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import type { ClaimedJob } from './job.ts';

/** A line of debug output, without secrets. */
export const debugLineSchema = z.strictObject({
  at: z.iso.datetime(),
  attempt: z.int(),
  phase: z.string().nullable(),
  message: z.string(),
});
export type DebugLine = z.infer<typeof debugLineSchema>;

/** Keys are `job-logs/JOB/FENCE-NUMBER.jsonl.gz`. */
export const DEBUG_LOG_FOLDER = 'job-logs';
export const SEGMENT_LINES = 500;
/** Lines are stored at the latest after this, so that who follows a job sees them. */
const SEGMENT_MS = 5_000;
/** Of one attempt. Measured: 100,000 lines and 15 MB for an install. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
const CLOSE_MS = 10_000;

export interface DebugLogOptions {
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly clock: Clock;
  /** Told once when the output cannot be stored: the job goes on without it. */
  readonly warn: (message: string) => void;
}

/**
 * Stores the debug output of one attempt in the artifact store, as gzipped segments of JSON lines that are written once. Their names
 * have the fence: a worker that lost its lease cannot touch the output of the next attempt.
 */
export class DebugLog {
  readonly #o: DebugLogOptions;
  readonly #prefix: string;
  readonly #attempt: number;
  #pending: DebugLine[] = [];
  #characters = 0;
  #segments = 0;
  #dropped = 0;
  #hasWarned = false;
  #isClosing = false;
  #full = new AbortController();
  #writing: Promise<void> | undefined;

  constructor({ id, fence, attempt }: ClaimedJob, options: DebugLogOptions) {
    this.#o = options;
    this.#prefix = `${DEBUG_LOG_FOLDER}/${id}/${String(fence).padStart(12, '0')}`;
    this.#attempt = attempt;
  }

  /** @param message without secrets */
  add(message: string, phase: string | null): void {
    this.#characters += message.length;
    if (this.#characters > MAX_CHARACTERS) this.#dropped += 1;
    else this.#push(message, phase);
    if (this.#pending.length >= SEGMENT_LINES) this.#full.abort();
    this.#writing ??= this.#write();
  }

  /** Stores what is left, for a limited time: the end of a job does not wait for a store that is away. */
  async close(): Promise<void> {
    if (this.#dropped > 0) {
      this.#push(`${this.#dropped} more lines were dropped: the debug output of an attempt is limited`, null);
      this.#writing ??= this.#write();
    }
    this.#isClosing = true;
    this.#full.abort();
    if (this.#writing) await Promise.race([this.#writing, this.#o.clock.sleep(CLOSE_MS)]);
  }

  #push(message: string, phase: string | null): void {
    const at = this.#o.clock.now().toISOString();
    this.#pending.push({ at, attempt: this.#attempt, phase, message });
  }

  async #write(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        if (this.#pending.length < SEGMENT_LINES && !this.#isClosing)
          await this.#o.clock.sleep(SEGMENT_MS, this.#full.signal).catch(() => {});
        this.#full = new AbortController();
        await this.#store(this.#pending.splice(0, SEGMENT_LINES));
      }
    } finally {
      this.#writing = undefined;
    }
  }

  async #store(lines: readonly DebugLine[]): Promise<void> {
    const key = `${this.#prefix}-${String(++this.#segments).padStart(6, '0')}.jsonl.gz`;
    const content = gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    try {
      await this.#o.artifacts.put(key, content);
    } catch (error) {
      if (!this.#hasWarned) this.#o.warn(`debug output could not be stored: ${messageOf(error)}`);
      this.#hasWarned = true;
    }
  }
}

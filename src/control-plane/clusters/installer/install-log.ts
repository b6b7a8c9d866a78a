import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { ifExists, messageOf } from '../../kernel/errors.ts';
import { type LineSplitter, splitLines } from '../../kernel/process/line-splitter.ts';
import { type LogRecord, parseLogLine } from './log-record.ts';

export interface InstallLogLine {
  /** The line without its end, valid UTF-8. */
  readonly text: string;
  readonly record: LogRecord | undefined;
  /** Byte offset in the file right after this line: a later follower starts here. */
  readonly end: number;
}

export interface FollowLogOptions {
  /** Called once per line, in order, never two at a time. An error that it throws stops the follower; `finish()` throws it. */
  readonly onLine: (line: InstallLogLine) => void | Promise<void>;
  /** Byte offset to start at (default 0): the installer appends to the log of the previous command. */
  readonly from?: number;
  /** An abort has the effect of `finish()`: the rest of the file is read first. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Polling interval in ms (default 250). The file is not watched because it may not exist yet, or be on NFS. */
  readonly pollMs?: number;
  /** Longer lines are truncated and marked (default 64 KiB). */
  readonly maxLineBytes?: number;
}

/** Starts to follow the installer's log file; `finish()` must be called (or the signal aborted) to end it. */
export function followInstallLog(path: string, options: FollowLogOptions): InstallLog {
  const log = new InstallLog(path, options);
  log.start();
  return log;
}

const CHUNK_BYTES = 64 * 1024;

/** Follows `.openshift_install.log`, which may appear late, be truncated, or be replaced by another file. */
export class InstallLog {
  readonly #path: string;
  readonly #options: FollowLogOptions;
  readonly #clock: Clock;
  #complete: { text: string; end: number }[] = [];
  #splitter: LineSplitter;
  readonly #stop = new AbortController();
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #file: { handle: FileHandle; dev: number; ino: number } | undefined;
  #position: number;
  #loop: Promise<void> | undefined;

  constructor(path: string, options: FollowLogOptions) {
    this.#path = path;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#position = options.from ?? 0;
    this.#splitter = this.#split();
  }

  start(): void {
    if (this.#loop) return;
    const { signal } = this.#options;
    const stop = () => this.#stop.abort();
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    this.#loop = this.#run().finally(() => signal?.removeEventListener('abort', stop));
    // Not lost: `finish()` rejects with the same error.
    this.#loop.catch(() => undefined);
  }

  /** Stops when everything up to the end of the file is delivered, including a last line without a newline. */
  async finish(): Promise<void> {
    this.start();
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stop.signal.aborted) {
        await this.#readOn();
        await this.#pause();
      }
      await this.#readOn();
      await this.#flush();
    } finally {
      await this.#file?.handle.close();
      this.#file = undefined;
    }
  }

  async #pause(): Promise<void> {
    try {
      await this.#clock.sleep(this.#options.pollMs ?? 250, this.#stop.signal);
    } catch (thrown) {
      if (!this.#stop.signal.aborted)
        throw new Error(`the pause failed: ${messageOf(thrown)}`, { cause: thrown });
    }
  }

  /** Delivers what the file holds now. The old file is read to its end before a new one of the same name is opened. */
  async #readOn(): Promise<void> {
    await this.#drain();
    const found = await ifExists(stat(this.#path));
    if (!found || (this.#file && found.ino === this.#file.ino && found.dev === this.#file.dev)) return;
    if (this.#file) {
      await this.#drain();
      await this.#flush();
      await this.#file.handle.close();
      this.#file = undefined;
      this.#startOver();
    }
    await this.#open();
    await this.#drain();
  }

  async #open(): Promise<void> {
    const handle = await ifExists(open(this.#path, 'r'));
    if (!handle) return;
    const { dev, ino } = await handle.stat();
    this.#file = { handle, dev, ino };
  }

  async #drain(): Promise<void> {
    const handle = this.#file?.handle;
    if (!handle) return;
    if ((await handle.stat()).size < this.#position) {
      await this.#flush();
      this.#startOver();
    }
    for (;;) {
      const { bytesRead } = await handle.read(this.#chunk, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      // Copied, because the next read uses the same memory.
      this.#splitter.push(Buffer.from(this.#chunk.subarray(0, bytesRead)));
      await this.#deliver();
    }
  }

  /** Delivers the last line although it has no end yet. */
  async #flush(): Promise<void> {
    this.#splitter.end();
    await this.#deliver();
  }

  async #deliver(): Promise<void> {
    const lines = this.#complete;
    this.#complete = [];
    for (const line of lines) await this.#options.onLine({ ...line, record: parseLogLine(line.text) });
  }

  #startOver(): void {
    this.#position = 0;
    this.#splitter = this.#split();
  }

  /** Splits what is read from the present position on. */
  #split(): LineSplitter {
    const start = this.#position;
    return splitLines(
      (text, endBytes) => this.#complete.push({ text, end: start + endBytes }),
      this.#options.maxLineBytes,
    );
  }
}

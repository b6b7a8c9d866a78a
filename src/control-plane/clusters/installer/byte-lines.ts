import { StringDecoder } from 'node:string_decoder';

const NEWLINE = 0x0a;
const DEFAULT_MAX_LINE_BYTES = 64 * 1024;

export interface ByteLine {
  readonly text: string;
  /** Byte offset right after the line, its end included. */
  readonly end: number;
}

/** Splits chunks of a file into lines with their byte offsets. Characters may be split across chunks; memory is bounded. */
export class ByteLines {
  readonly #maxBytes: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #isOpen = false;
  #offset: number;

  constructor(offset = 0, maxLineBytes = DEFAULT_MAX_LINE_BYTES) {
    this.#offset = offset;
    this.#maxBytes = maxLineBytes;
  }

  /** @returns the lines that this chunk completes. The chunk's memory may be reused afterwards. */
  push(chunk: Buffer): ByteLine[] {
    const lines: ByteLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#offset += end - start + 1;
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    this.#offset += chunk.length - start;
    return lines;
  }

  /** @returns the last line when it has no end yet. */
  flush(): ByteLine | undefined {
    return this.#isOpen ? this.#take() : undefined;
  }

  /** Discards the unfinished line and continues at `offset`. */
  restart(offset: number): void {
    this.#take();
    this.#offset = offset;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#isOpen = true;
    const free = this.#maxBytes - this.#keptBytes;
    if (free <= 0) return;
    // Copied, because the caller reads its next chunk into the same memory.
    const part = Buffer.from(bytes.subarray(0, free));
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }

  #take(): ByteLine {
    // The decoder drops a character that the size limit cut in two.
    const text = new StringDecoder('utf8').write(Buffer.concat(this.#kept, this.#keptBytes));
    this.#kept = [];
    this.#keptBytes = 0;
    this.#isOpen = false;
    return { text, end: this.#offset };
  }
}

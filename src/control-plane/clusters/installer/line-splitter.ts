const NEWLINE = 0x0a;
const DEFAULT_MAX_LINE_BYTES = 64 * 1024;

export interface Line {
  readonly text: string;
  /** Byte offset right after the line, its end included. */
  readonly end: number;
}

/** Turns chunks of bytes into lines: characters split across chunks survive, and a line of any length costs bounded memory. */
export class LineSplitter {
  readonly #maxBytes: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #open = false;
  #offset: number;

  constructor(offset = 0, maxLineBytes = DEFAULT_MAX_LINE_BYTES) {
    this.#offset = offset;
    this.#maxBytes = maxLineBytes;
  }

  /** @returns the lines that this chunk completes. The chunk's memory may be used again afterwards. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end === -1) break;
      this.#keep(chunk.subarray(start, end));
      this.#offset += end - start + 1;
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    this.#offset += chunk.length - start;
    this.#open ||= start < chunk.length;
    return lines;
  }

  /** @returns the last line when it has no end yet. */
  flush(): Line | undefined {
    return this.#open ? this.#take() : undefined;
  }

  restart(offset: number): void {
    this.#take();
    this.#offset = offset;
  }

  #keep(bytes: Buffer): void {
    const room = this.#maxBytes - this.#keptBytes;
    if (room <= 0 || bytes.length === 0) return;
    // A copy: the caller reads its next chunk into the same memory.
    const part = Buffer.from(bytes.subarray(0, room));
    this.#kept.push(part);
    this.#keptBytes += part.length;
  }

  #take(): Line {
    const bytes = Buffer.concat(this.#kept, this.#keptBytes);
    this.#kept = [];
    this.#keptBytes = 0;
    this.#open = false;
    const whole = bytes.length < this.#maxBytes ? bytes : bytes.subarray(0, lastWholeCharacter(bytes));
    return { text: whole.toString('utf8'), end: this.#offset };
  }
}

/** @returns the length of the longest prefix that does not end inside a UTF-8 character. */
function lastWholeCharacter(bytes: Buffer): number {
  let start = bytes.length - 1;
  while (start > 0 && start > bytes.length - 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const needed = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + needed > bytes.length ? start : bytes.length;
}

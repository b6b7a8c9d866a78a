import { randomBytes } from 'node:crypto';

const CLOSE = 0x8;
const LONGEST_HEADER = 14;

/** Follows the frames of one direction of a WebSocket (RFC 6455 §5.2), to know where one ends. Reads no payload. */
export class FrameTracker {
  readonly #header = Buffer.alloc(LONGEST_HEADER);
  #headerBytes = 0;
  #payloadLeft = 0;
  #opcode = 0;
  #closed = false;

  /** Between two frames, where another may be put in. */
  get isAtBoundary(): boolean {
    return this.#headerBytes === 0 && this.#payloadLeft === 0;
  }

  /** A close frame has passed: no frame may follow. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /**
   * Follows the bytes.
   * @param stopAtBoundary at the end of the first frame that ends in them
   * @returns how many were followed: all, unless it stopped
   */
  advance(chunk: Buffer, stopAtBoundary = false): number {
    let at = 0;
    while (at < chunk.length) {
      if (this.#payloadLeft > 0) {
        const taken = Math.min(this.#payloadLeft, chunk.length - at);
        at += taken;
        this.#payloadLeft -= taken;
      } else {
        this.#header[this.#headerBytes++] = chunk[at++] ?? 0;
        const length = this.#payloadLength();
        if (length === undefined) continue;
        this.#opcode = (this.#header[0] ?? 0) & 0x0f;
        this.#headerBytes = 0;
        this.#payloadLeft = length;
      }
      if (!this.isAtBoundary) continue;
      if (this.#opcode === CLOSE) this.#closed = true;
      if (stopAtBoundary) return at;
    }
    return at;
  }

  /** @returns undefined while the header is incomplete */
  #payloadLength(): number | undefined {
    if (this.#headerBytes < 2) return undefined;
    const second = this.#header[1] ?? 0;
    const short = second & 0x7f;
    const extended = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (this.#headerBytes < 2 + extended + (second & 0x80 ? 4 : 0)) return undefined;
    if (extended === 0) return short;
    return extended === 2 ? this.#header.readUInt16BE(2) : Number(this.#header.readBigUInt64BE(2));
  }
}

/** @param masked as clients send it */
export function closeFrame(code: number, masked: boolean): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  if (!masked) return Buffer.concat([Buffer.from([0x80 | CLOSE, payload.length]), payload]);
  const mask = randomBytes(4);
  const hidden = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | CLOSE, 0x80 | payload.length]), mask, hidden]);
}

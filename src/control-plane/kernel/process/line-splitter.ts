import { StringDecoder } from 'node:string_decoder';

const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 64 * 1024;
export const TRUNCATED = ' …[line truncated]';

export interface LineSplitter {
  /** Keeps the chunk until its lines have ended. */
  push(chunk: Uint8Array): void;
  /** Ends the stream: the remaining bytes are the last line. */
  end(): void;
}

/**
 * Splits a byte stream into lines without line ends, decoded as UTF-8. A line over `maxBytes` is truncated, marked and passed on once,
 * so a program that never ends a line cannot fill the memory.
 * @param onLine gets the line, and how many bytes of the stream end with it
 */
export function splitLines(
  onLine: (line: string, endBytes: number) => void,
  maxBytes = MAX_LINE_BYTES,
): LineSplitter {
  let parts: Uint8Array[] = [];
  let length = 0;
  let dropping = false;
  let endBytes = 0;

  const append = (bytes: Uint8Array): void => {
    const remaining = maxBytes - length;
    if (bytes.length > remaining) dropping = true;
    const kept = bytes.subarray(0, remaining);
    if (kept.length > 0) parts.push(kept);
    length += kept.length;
  };
  const flush = (): void => {
    // The decoder drops a character that was cut in the middle.
    const text = new StringDecoder('utf8').write(Buffer.concat(parts));
    onLine(dropping ? text + TRUNCATED : text.endsWith('\r') ? text.slice(0, -1) : text, endBytes);
    parts = [];
    length = 0;
    dropping = false;
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        append(chunk.subarray(from, at));
        endBytes += at + 1 - from;
        flush();
        from = at + 1;
      }
      append(chunk.subarray(from));
      endBytes += chunk.length - from;
    },
    end() {
      if (length > 0) flush();
    },
  };
}

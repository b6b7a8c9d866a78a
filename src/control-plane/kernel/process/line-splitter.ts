import { StringDecoder } from 'node:string_decoder';

const NEWLINE = 0x0a;
const MAX_LINE_BYTES = 64 * 1024;
export const TRUNCATED = ' …[line truncated]';

export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** The stream is over: what is left is the last line. */
  end(): void;
}

/**
 * Cuts a byte stream into whole lines, without their line ends, decoded as UTF-8. A line over `maxBytes` is handed on
 * once, cut and marked; the rest of it is dropped, so a program that never ends a line cannot fill the memory.
 */
export function splitLines(onLine: (line: string) => void, maxBytes = MAX_LINE_BYTES): LineSplitter {
  let parts: Uint8Array[] = [];
  let length = 0;
  let dropping = false;

  const append = (bytes: Uint8Array): void => {
    const room = maxBytes - length;
    if (bytes.length > room) dropping = true;
    const kept = bytes.subarray(0, room);
    if (kept.length > 0) parts.push(kept);
    length += kept.length;
  };
  const flush = (): void => {
    // A decoder, because a cut may fall into the middle of a character: the incomplete one is left out.
    const text = new StringDecoder('utf8').write(Buffer.concat(parts));
    onLine(dropping ? text + TRUNCATED : text.endsWith('\r') ? text.slice(0, -1) : text);
    parts = [];
    length = 0;
    dropping = false;
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        append(chunk.subarray(from, at));
        flush();
        from = at + 1;
      }
      append(chunk.subarray(from));
    },
    end() {
      if (length > 0) flush();
    },
  };
}

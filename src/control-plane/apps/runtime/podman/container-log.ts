import { createReadStream, statSync } from 'node:fs';
import { systemCodeOf } from '../../../kernel/errors.ts';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { splitLines } from '../../../kernel/process/line-splitter.ts';
import type { InstanceLogLine } from '../runtime.ts';

/** `TIME STREAM F|P TEXT` of k8s-file; P: the line goes on in the next record of the stream. */
const RECORD = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{1,9})\S* (stdout|stderr) ([FP]) ?(.*)$/s;
const MAX_LINE_CHARACTERS = 64 * 1024;

interface Cursor {
  readonly inode: number;
  readonly offsetBytes: number;
  readonly position: number;
}

/**
 * Reads the log that conmon writes for a container. It begins anew when its size is reached, so positions are not counted: they are
 * the microseconds of the line, and grow by at least one. Where the last reader stopped is remembered, because follow reads every second.
 */
export class ContainerLogs {
  readonly #cursors = new Map<string, Cursor>();

  forget(path: string): void {
    this.#cursors.delete(path);
  }

  async read(
    path: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<InstanceLogLine[]> {
    const file = ifReadable(() => statSync(path));
    if (file === undefined) return [];
    const cursor = this.#cursors.get(path);
    const isNext = cursor?.inode === file.ino && cursor.position === after && cursor.offsetBytes <= file.size;
    const start = isNext ? cursor : { inode: file.ino, offsetBytes: 0, position: 0 };
    const found: InstanceLogLine[] = [];
    let end = start;
    const assemble = lineAssembler(start.position);
    const lines = splitLines((text, endBytes) => {
      if (found.length >= limit) return;
      const line = assemble.next(text);
      if (line === undefined) return;
      if (line.position > after) found.push(line);
      if (assemble.isWhole())
        end = { inode: file.ino, offsetBytes: start.offsetBytes + endBytes, position: line.position };
    }, 2 * MAX_LINE_CHARACTERS);
    try {
      for await (const chunk of createReadStream(path, { start: start.offsetBytes })) {
        lines.push(chunk);
        if (found.length >= limit) break;
      }
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    this.#cursors.set(path, end);
    return found;
  }
}

interface LineAssembler {
  /** @returns the line that the record ends, if it ends one */
  next(record: string): InstanceLogLine | undefined;
  /** Whether no stream is in the middle of a line. */
  isWhole(): boolean;
}

function lineAssembler(startPosition: number): LineAssembler {
  const parts = { stdout: '', stderr: '' };
  let position = startPosition;
  return {
    isWhole: () => parts.stdout === '' && parts.stderr === '',
    next(record) {
      const [, seconds, fraction = '', name, mark, text = ''] = RECORD.exec(record) ?? [];
      if (seconds === undefined) return undefined;
      const stream = name === 'stderr' ? 'stderr' : 'stdout';
      if (parts[stream].length < MAX_LINE_CHARACTERS) parts[stream] += text;
      if (mark === 'P') return undefined;
      const micros = Date.parse(`${seconds}Z`) * 1_000 + Number(fraction.padEnd(9, '0').slice(0, 6));
      position = Math.max(position + 1, micros);
      const line = { position, at: new Date(micros / 1_000), stream, text: parts[stream] } as const;
      parts[stream] = '';
      return line;
    },
  };
}

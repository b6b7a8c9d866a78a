import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type FollowLogOptions,
  followInstallLog,
  type InstallLog,
  type InstallLogLine,
} from '../../../../src/control-plane/clusters/installer/install-log.ts';
import type { Clock } from '../../../../src/control-plane/kernel/clock.ts';
import { TRUNCATED } from '../../../../src/control-plane/kernel/process/line-splitter.ts';
import { tempDir } from './temp-dir.ts';

/** A clock whose pauses end when the test says so: `look()` lets the follower look once and waits until it has. */
class SteppedClock implements Clock {
  #wake: (() => void) | undefined;
  #asleep: (() => void) | undefined;
  now = () => new Date(0);
  monotonicMs = () => 0;

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      this.#wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      this.#asleep?.();
    });
  }

  async look(): Promise<void> {
    if (!this.#wake) await this.#untilAsleep();
    const asleep = this.#untilAsleep();
    this.#wake?.();
    await asleep;
  }

  #untilAsleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#asleep = resolve;
    });
  }
}

interface Followed {
  readonly path: string;
  readonly lines: InstallLogLine[];
  readonly texts: () => string[];
  readonly clock: SteppedClock;
  readonly log: InstallLog;
}

async function follow(options: Partial<FollowLogOptions> = {}, content?: string | Buffer): Promise<Followed> {
  const path = join(await tempDir(), '.openshift_install.log');
  if (content !== undefined) await writeFile(path, content);
  const lines: InstallLogLine[] = [];
  const clock = new SteppedClock();
  const log = followInstallLog(path, { onLine: (line) => void lines.push(line), clock, ...options });
  return { path, lines, texts: () => lines.map(({ text }) => text), clock, log };
}

describe('followInstallLog', () => {
  it('delivers lines as the file grows, parsed, with the offsets after them', async () => {
    const { path, lines, clock, log } = await follow({}, 'time="2026-01-02T03:04:05Z" level=info msg=One\n');
    await clock.look();
    expect(lines.map(({ record }) => record?.message)).toEqual(['One']);
    await appendFile(path, 'I0812 noise\n');
    await clock.look();
    expect(lines[1]).toEqual({ text: 'I0812 noise', record: undefined, end: 59 });
    await log.finish();
  });

  it('waits for a file that is not there yet', async () => {
    const { path, texts, clock, log } = await follow();
    await clock.look();
    await writeFile(path, 'late\n');
    await clock.look();
    expect(texts()).toEqual(['late']);
    await log.finish();
  });

  it('holds a partial line back until its end comes, and delivers it at the finish', async () => {
    const { path, texts, clock, log } = await follow({}, 'whole\npar');
    await clock.look();
    expect(texts()).toEqual(['whole']);
    await appendFile(path, 'tial\nlast words');
    await log.finish();
    expect(texts()).toEqual(['whole', 'partial', 'last words']);
  });

  it('never loses the tail: what is written before finish() is delivered before it returns', async () => {
    const { path, texts, log } = await follow();
    const all = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`);
    await writeFile(path, `${all.join('\n')}\n`);
    await log.finish();
    expect(texts()).toEqual(all);
  });

  it('treats an abort of the signal like finish()', async () => {
    const controller = new AbortController();
    const { path, texts, clock, log } = await follow({ signal: controller.signal }, 'one\n');
    await clock.look();
    await appendFile(path, 'two\n');
    controller.abort();
    await log.finish();
    expect(texts()).toEqual(['one', 'two']);
  });

  it('starts at an offset', async () => {
    const { lines, log } = await follow({ from: 6 }, 'first\nsecond\n');
    await log.finish();
    expect(lines).toEqual([{ text: 'second', record: undefined, end: 13 }]);
  });

  it('starts over when the file was cut', async () => {
    const { path, texts, clock, log } = await follow({}, 'a long first line\nunfinished');
    await clock.look();
    await truncate(path, 0);
    await appendFile(path, 'new\n');
    await log.finish();
    expect(texts()).toEqual(['a long first line', 'unfinished', 'new']);
  });

  it('reads a replaced file to its end before it goes on with the new one', async () => {
    const { path, texts, clock, log } = await follow({}, 'old 1\n');
    await clock.look();
    await appendFile(path, 'old 2\nold 3');
    await rename(path, `${path}.old`);
    await writeFile(path, 'a new file that is longer than the old one was\n');
    await clock.look();
    await log.finish();
    expect(texts()).toEqual(['old 1', 'old 2', 'old 3', 'a new file that is longer than the old one was']);
  });

  it('joins characters that two writes split', async () => {
    const bytes = Buffer.from('grüße 😀\n');
    const { path, texts, clock, log } = await follow({}, '');
    for (const byte of bytes) {
      await appendFile(path, Buffer.from([byte]));
      await clock.look();
    }
    await log.finish();
    expect(texts()).toEqual(['grüße 😀']);
  });

  it('cuts a huge line at the cap, between characters, and goes on behind it', async () => {
    const { lines, log } = await follow({ maxLineBytes: 10 }, `${'é'.repeat(200_000)}\nnext\n12345678é\n`);
    await log.finish();
    expect(lines.map(({ text }) => text)).toEqual([`ééééé${TRUNCATED}`, 'next', '12345678é']);
    expect(lines.at(-1)?.end).toBe(400_001 + 5 + 11);
  });

  it('does not cut a character in two at the cap', async () => {
    const { texts, log } = await follow({ maxLineBytes: 10 }, '123456789é and more\n');
    await log.finish();
    expect(texts()).toEqual([`123456789${TRUNCATED}`]);
  });

  it('delivers empty lines and one at a time, in order, to a slow receiver', async () => {
    const seen: string[] = [];
    let busy = 0;
    const onLine = async ({ text }: InstallLogLine) => {
      busy += 1;
      expect(busy).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(text);
      busy -= 1;
    };
    const { log } = await follow({ onLine }, 'a\n\nb\n');
    await log.finish();
    expect(seen).toEqual(['a', '', 'b']);
  });

  it('hands the receiver’s error to finish()', async () => {
    const onLine = () => {
      throw new Error('lease lost');
    };
    const { log } = await follow({ onLine }, 'a\n');
    await expect(log.finish()).rejects.toThrow('lease lost');
  });

  it('may be finished twice, and without a file', async () => {
    const { texts, log } = await follow();
    await log.finish();
    await log.finish();
    expect(texts()).toEqual([]);
  });
});

import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readInstanceLog } from '../../../../../src/control-plane/kernel/process/instance/log-reader.ts';
import { logSegmentName } from '../../../../../src/control-plane/kernel/process/instance/log-segments.ts';
import { InstanceLogWriter } from '../../../../../src/control-plane/kernel/process/instance/log-writer.ts';

const AT = new Date('2026-11-29T18:00:00.123Z');

describe('log of an instance', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-instance-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const all = { after: 0, limit: 1_000 };

  test('whatever is in a line, it is read as it was written', async () => {
    const texts = [
      '',
      'plain',
      'tab\tquote" \\ \u0000 \u2028 größe 🚀',
      'x'.repeat(64 * 1024),
      '\u0001'.repeat(64 * 1024),
    ];
    const writer = new InstanceLogWriter(folder, { segmentBytes: 1_000, segments: 100 });
    for (const text of texts) writer.write('stderr', text, AT);
    writer.close();
    const lines = await readInstanceLog(folder, all);
    expect(lines.map(({ text }) => text)).toEqual(texts);
    expect(lines.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5]);
    expect(lines[1]).toEqual({ position: 2, at: AT, stream: 'stderr', text: 'plain' });
  });

  test('each position is a start, whichever file has it', async () => {
    const writer = new InstanceLogWriter(folder, { segmentBytes: 200, segments: 5 });
    for (let line = 1; line <= 60; line++) writer.write('stdout', `line ${line}`, AT);
    const kept = await readInstanceLog(folder, all);
    expect(readdirSync(folder)).toHaveLength(5);
    expect(kept.at(-1)?.position).toBe(60);
    for (let after = 0; after <= 60; after++) {
      const expected = kept.filter(({ position }) => position > after).slice(0, 7);
      expect(await readInstanceLog(folder, { after, limit: 7 })).toEqual(expected);
    }
    writer.close();
  });

  test('a line that is being written is left to the next reader, and one that was cut by a full disk is left out', async () => {
    const writer = new InstanceLogWriter(folder, { segmentBytes: 1_000, segments: 5 });
    writer.write('stdout', 'whole', AT);
    const file = join(folder, logSegmentName(1));
    appendFileSync(file, '[2,17');
    expect((await readInstanceLog(folder, all)).map(({ text }) => text)).toEqual(['whole']);
    appendFileSync(file, '\n');
    writer.write('stdout', 'next', AT);
    writer.close();
    expect((await readInstanceLog(folder, all)).map(({ text }) => text)).toEqual(['whole', 'next']);
  });

  test('lines that cannot be written are counted, and the log goes on', async () => {
    const missing = join(folder, 'instance');
    const writer = new InstanceLogWriter(missing, { segmentBytes: 1_000, segments: 5 });
    writer.write('stdout', 'lost', AT);
    writer.write('stdout', 'lost', AT);
    mkdirSync(missing);
    writer.write('stdout', 'kept', AT);
    writer.close();
    const lines = await readInstanceLog(missing, all);
    expect(lines.map(({ text }) => text)).toEqual([
      '[2 lines are missing: the log could not be written]',
      'kept',
    ]);
  });

  test('no folder has no lines', async () => {
    expect(await readInstanceLog(join(folder, 'missing'), all)).toEqual([]);
  });
});

import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ContainerLogs } from '../../../../../src/control-plane/apps/runtime/podman/container-log.ts';

const at = (micros: string) => `2026-11-29T18:24:10.${micros}876+00:00`;

describe('log of a container', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-container-log-'));
    path = join(folder, 'log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('records of a line are put together, each stream by itself', async () => {
    writeFileSync(
      path,
      [
        `${at('000001')} stdout P one `,
        `${at('000002')} stderr F other`,
        `${at('000003')} stdout F line`,
        `${at('000004')} stdout F `,
        '',
      ].join('\n'),
    );
    const lines = await new ContainerLogs().read(path, { after: 0, limit: 10 });
    expect(lines.map(({ stream, text }) => [stream, text])).toEqual([
      ['stderr', 'other'],
      ['stdout', 'one line'],
      ['stdout', ''],
    ]);
  });

  test('lines of one instant have positions of their own, and each reader goes on after any of them', async () => {
    const record = (line: number) => `${at('000001')} stdout F line ${line}\n`;
    writeFileSync(path, [0, 1, 2, 3].map(record).join(''));
    const logs = new ContainerLogs();
    const all = await logs.read(path, { after: 0, limit: 10 });
    expect(new Set(all.map(({ position }) => position)).size).toBe(4);
    for (const [index, { position }] of all.entries()) {
      expect(await logs.read(path, { after: position, limit: 10 })).toEqual(all.slice(index + 1));
      expect(await new ContainerLogs().read(path, { after: position, limit: 1 })).toEqual(
        all.slice(index + 1, index + 2),
      );
    }
    appendFileSync(path, record(4));
    const next = await logs.read(path, { after: all.at(-1)?.position ?? 0, limit: 10 });
    expect(next.map(({ text }) => text)).toEqual(['line 4']);
    expect(await new ContainerLogs().read(path, { after: 0, limit: 10 })).toEqual([...all, ...next]);
  });

  test('a reader that follows finds the lines after conmon has begun the file anew', async () => {
    writeFileSync(path, `${at('000001')} stdout F before\n`);
    const logs = new ContainerLogs();
    const [before] = await logs.read(path, { after: 0, limit: 10 });
    writeFileSync(`${path}.tmp`, `${at('000002')} stdout F after\n`);
    renameSync(`${path}.tmp`, path);
    const lines = await logs.read(path, { after: before?.position ?? 0, limit: 10 });
    expect(lines.map(({ text }) => text)).toEqual(['after']);
  });

  test('a line that is cut between two reads is delivered whole', async () => {
    writeFileSync(path, `${at('000001')} stdout F first\n${at('000002')} stdout P half `);
    const logs = new ContainerLogs();
    const [first] = await logs.read(path, { after: 0, limit: 10 });
    appendFileSync(path, `\n${at('000003')} stdout F done\n`);
    const lines = await logs.read(path, { after: first?.position ?? 0, limit: 10 });
    expect(lines.map(({ text }) => text)).toEqual(['half done']);
  });

  test('a file that does not exist has no lines', async () => {
    expect(await new ContainerLogs().read(path, { after: 0, limit: 10 })).toEqual([]);
  });
});

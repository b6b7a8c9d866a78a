import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ArtifactStore } from '../../../src/control-plane/kernel/artifacts/artifact-store.ts';
import { directoryStore } from '../../../src/control-plane/kernel/artifacts/directory-store.ts';
import { systemClock } from '../../../src/control-plane/kernel/clock.ts';
import { type DebugLine, DebugLog } from '../../../src/control-plane/kernel/jobs/debug-log.ts';
import { readDebugLog } from '../../../src/control-plane/kernel/jobs/debug-log-reader.ts';
import type { ClaimedJob } from '../../../src/control-plane/kernel/jobs/job.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { eventsOf } from './job-rows.ts';
import { handler, openWorkerFixture } from './worker-fixture.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function openStore(): Promise<ArtifactStore> {
  const folder = await mkdtemp(join(tmpdir(), 'ocpctl-debug-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return directoryStore(folder);
}

async function readAll(store: ArtifactStore, jobId: string, limit = 1_000): Promise<DebugLine[]> {
  const lines: DebugLine[] = [];
  for (let after = ''; ; ) {
    const page = await readDebugLog(store, jobId, after, limit);
    expect(page.items.length).toBeLessThanOrEqual(Math.max(limit, 500));
    lines.push(...page.items);
    if (page.isAtEnd) return lines;
    after = page.position;
  }
}

describe('the debug output of a job', () => {
  test('G15: is stored outside the database, whole, in order and without secrets, before the job has ended', async () => {
    const store = await openStore();
    const fixture = await openWorkerFixture(database.db);
    const work = handler('test.debug', async (context) => {
      context.beginPhase('provision');
      for (let n = 1; n <= 1_203; n++)
        context.event({ kind: 'log', level: 'debug', message: `line ${n} hunter2` });
      context.event({ kind: 'log', level: 'info', message: 'done hunter2' });
      return {};
    });
    const redact = (text: string) => text.replaceAll('hunter2', '[redacted]');
    await fixture.worker([work], { artifacts: store, redact }).start();
    const id = await fixture.enqueue('debug-whole', 'test.debug');
    await fixture.until(id, 'SUCCEEDED');
    const lines = await readAll(store, id);
    expect(lines.map(({ message }) => message)).toEqual(
      Array.from({ length: 1_203 }, (_, n) => `line ${n + 1} [redacted]`),
    );
    expect(lines[0]).toMatchObject({ attempt: 1, phase: 'provision', at: expect.stringMatching(/Z$/) });
    expect((await eventsOf(database.db, id)).filter((message) => message.startsWith('line'))).toEqual([]);
    expect(await readDebugLog(store, 'job_without_output', '', 10)).toEqual({
      items: [],
      position: '',
      isAtEnd: true,
    });
    await fixture.close();
  });

  test('that cannot be stored fails no job: its log says so once', async () => {
    const fixture = await openWorkerFixture(database.db);
    const artifacts = { put: () => Promise.reject(new Error('the bucket is gone')) };
    const work = handler('test.debug', async (context) => {
      for (let n = 0; n < 1_100; n++) context.event({ kind: 'log', level: 'debug', message: 'x' });
      return {};
    });
    await fixture.worker([work], { artifacts }).start();
    const id = await fixture.enqueue('debug-lost', 'test.debug');
    await fixture.until(id, 'SUCCEEDED');
    const said = (await eventsOf(database.db, id)).filter((message) => message.includes('debug output'));
    expect(said).toEqual(['debug output could not be stored: the bucket is gone']);
    await fixture.close();
  });

  test('is limited, and says what is missing', async () => {
    const store = await openStore();
    const log = new DebugLog(claimed(7), { artifacts: store, clock: systemClock, warn: () => {} });
    const line = 'x'.repeat(8_000);
    for (let n = 0; n < 4_300; n++) log.add(line, null);
    await log.close();
    const lines = await readAll(store, 'job_7');
    expect(lines.at(-1)?.message).toMatch(/^\d+ more lines were dropped/);
    expect(lines.length).toBeLessThan(4_300);
  });

  test('G6: of a worker that lost its lease stays apart from that of the next attempt', async () => {
    const store = await openStore();
    const open = (fence: number) =>
      new DebugLog(claimed(fence), { artifacts: store, clock: systemClock, warn: () => {} });
    const [frozen, next] = [open(7), open(12)];
    next.add('of the next', null);
    await next.close();
    frozen.add('of the frozen', null);
    await frozen.close();
    const stored = (await store.list('job-logs/job_7')).map(({ key }) => key);
    expect(stored).toEqual([
      'job-logs/job_7/000000000007-000001.jsonl.gz',
      'job-logs/job_7/000000000012-000001.jsonl.gz',
    ]);
    expect((await readAll(store, 'job_7')).map(({ message }) => message)).toEqual([
      'of the frozen',
      'of the next',
    ]);
  });
});

function claimed(fence: number): ClaimedJob {
  const names = { resourceId: 'r', resourceName: 'r', team: 't', type: 'test.debug', requestedBy: 'x' };
  return { id: 'job_7', ...names, fence, attempt: 1, maxAttempts: 3, deferrals: 0, payload: {} };
}

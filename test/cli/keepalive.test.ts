import { expect, test } from 'vitest';
import { keepingAlive, renewUntilEnd } from '../../src/cli/clusters/keepalive.ts';
import { OperationFailedError } from '../../src/cli/errors/cli-error.ts';
import type { Session } from '../../src/cli/session.ts';
import { ApiError, UnreachableError } from '../../src/client/api-error.ts';
import { clusterOf } from '../commands/support/documents.ts';

const MINUTE_MS = 60_000;
const keepalive = { minutes: 15, renewedAt: '2026-01-01T00:00:00Z', expiresAt: '2026-01-01T00:15:00Z' };

/** A server whose answers to renewals are given, in time that passes at once, or stands still. */
function scene(answers: readonly (Error | 'renewed')[], standsStill = false) {
  let nowMs = 0;
  const renewedAtMs: number[] = [];
  const notes: string[] = [];
  const left = [...answers];
  const session = {
    note: (text: string) => void notes.push(text),
    client: {
      clock: {
        async sleep(ms: number, signal: AbortSignal) {
          if (standsStill)
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          nowMs += ms;
        },
      },
      async POST() {
        const answer = left.shift();
        if (answer instanceof Error) throw answer;
        renewedAtMs.push(nowMs);
        return { data: keepalive };
      },
    },
  } as unknown as Session;
  const signal = new AbortController().signal;
  const run = () =>
    renewUntilEnd(session, { id: 'clu_1', name: 'demo' }, { intervalMs: 5 * MINUTE_MS, signal });
  return { session, run, renewedAtMs, notes };
}

const away = () =>
  new UnreachableError('http://127.0.0.1:1', Object.assign(new Error('refused'), { code: 'ENOTFOUND' }));
const ended = () => new ApiError('STATE_CONFLICT', 'Cluster demo is DESTROYING.', { status: 409 });

test('renews at its interval until there is nothing to renew', async () => {
  const { run, renewedAtMs, notes } = scene(['renewed', 'renewed', 'renewed', ended()]);
  expect(await run()).toBe('Cluster demo is DESTROYING.');
  expect(renewedAtMs).toEqual([5 * MINUTE_MS, 10 * MINUTE_MS, 15 * MINUTE_MS]);
  expect(notes).toEqual([]);
});

test('an outage that is shorter than the keepalive costs nothing, and is told of once', async () => {
  // From the 10th to the 19th minute: the renewal of the 5th holds until the 20th.
  const outage = Array.from({ length: 108 }, away);
  const { run, renewedAtMs, notes } = scene(['renewed', ...outage, 'renewed', ended()]);
  await run();
  const [first = 0, second = 0] = renewedAtMs;
  expect(second - first).toBeLessThan(15 * MINUTE_MS);
  expect(notes).toEqual([
    'Cannot renew the keepalive of demo: cannot reach http://127.0.0.1:1: host not found. Trying again every 5s.',
    'Renewed the keepalive of demo.',
  ]);
});

test('a renewal that will never succeed ends it with the error', async () => {
  const denied = new ApiError('FORBIDDEN', 'no longer permitted', { status: 403 });
  await expect(scene(['renewed', denied]).run()).rejects.toBe(denied);
});

test('work is renewed beside, and once more at its end, also when it failed; the work decides how it ends', async () => {
  const cluster = clusterOf({ keepalive });
  const ready = scene(['renewed'], true);
  expect(await keepingAlive(ready.session, cluster, async () => 'READY')).toBe('READY');
  expect(ready.notes).toEqual([
    "demo is destroyed at 2026-01-01 00:15:00Z unless it is renewed: 'ocpctl keepalive demo'.",
  ]);
  const failed = scene([ended()], true);
  const failure = new OperationFailedError('QUOTA', 'creating demo failed');
  const failing = keepingAlive(failed.session, cluster, () => Promise.reject(failure));
  await expect(failing).rejects.toBe(failure);
  expect(failed.notes).toEqual([]);
  const untied = scene([], true);
  expect(await keepingAlive(untied.session, clusterOf(), async () => 1)).toBe(1);
});

test('work goes on when the keepalive can no longer be renewed, and the reason is said', async () => {
  const denied = new ApiError('FORBIDDEN', 'no longer permitted', { status: 403 });
  const { session, notes } = scene([denied, ended()]);
  const work = async () => {
    while (notes.length === 0) await new Promise((resolve) => setImmediate(resolve));
    return 'done';
  };
  expect(await keepingAlive(session, clusterOf({ keepalive }), work)).toBe('done');
  expect(notes).toEqual(['The keepalive of demo is not renewed: no longer permitted']);
});

import { expect, test } from 'vitest';
import { DatabaseUnavailableError, SetupError } from '../../../src/control-plane/kernel/errors.ts';
import { waitForDatabase } from '../../../src/control-plane/startup/wait-for-database.ts';
import { fakeClock } from '../../client/signed-server.ts';

const DATABASE_URL = 'postgresql://ocpctl:secret@db.example.com:5432/clusters?sslmode=require';

function waiting(
  options: {
    databaseUrl?: string | undefined;
    waitMs?: number;
    signal?: AbortSignal;
    onWaiting?: () => void;
  } = {},
) {
  const { databaseUrl, waitMs, signal, onWaiting } = {
    ...{ databaseUrl: DATABASE_URL, waitMs: 120_000, signal: undefined, onWaiting: () => {} },
    ...options,
  };
  const clock = fakeClock();
  const lines: unknown[] = [];
  let starts = 0;
  const away = async () => {
    starts++;
    throw new DatabaseUnavailableError('connect ECONNREFUSED 192.0.2.1:5432');
  };
  return {
    lines,
    starts: () => starts,
    elapsedMs: () => clock.monotonicMs(),
    run: (start: () => Promise<string> = away) =>
      waitForDatabase(start, {
        databaseUrl,
        waitMs,
        clock,
        signal,
        onWaiting: (state) => {
          lines.push({ ...state, at: clock.monotonicMs() });
          onWaiting();
        },
      }),
    away,
  };
}

test('N13: a database that is away is waited for, with a line every ten seconds that names it without its password', async () => {
  const wait = waiting();
  const error = await wait.run().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseUnavailableError);
  expect(error).toMatchObject({ message: 'connect ECONNREFUSED 192.0.2.1:5432 (waited 2m)' });
  expect(wait.elapsedMs()).toBe(120_000);
  expect(wait.lines).toEqual(
    Array.from({ length: 12 }, (_, index) => ({
      database: 'db.example.com:5432/clusters',
      reason: 'connect ECONNREFUSED 192.0.2.1:5432',
      remainingSeconds: 120 - index * 10,
      at: index * 10_000,
    })),
  );
});

test('N13: the start goes on as soon as the database answers', async () => {
  const wait = waiting();
  const started = await wait.run(async () => (wait.elapsedMs() < 34_000 ? wait.away() : 'started'));
  expect(started).toBe('started');
  expect(wait.elapsedMs()).toBe(34_000);
  expect(wait.lines).toHaveLength(4);
});

test('N13: what waiting does not cure ends the start at once, also while it waits', async () => {
  const wait = waiting();
  const refused = wait.run(async () => {
    if (wait.elapsedMs() < 2_000) return wait.away();
    throw new SetupError('database "clusters" does not exist');
  });
  await expect(refused).rejects.toThrow(SetupError);
  expect(wait.elapsedMs()).toBe(2_000);
});

test('N13: a signal ends the wait at once: between two tries, during one that is not answered, and before the first', async () => {
  const reason = new Error('SIGTERM');
  const between = new AbortController();
  const sleeping = waiting({ signal: between.signal, onWaiting: () => between.abort(reason) });
  await expect(sleeping.run()).rejects.toBe(reason);
  expect([sleeping.starts(), sleeping.elapsedMs()]).toEqual([1, 0]);
  const during = new AbortController();
  const unanswered = waiting({ signal: during.signal }).run(() => new Promise<string>(() => {}));
  during.abort(reason);
  await expect(unanswered).rejects.toBe(reason);
  const never = waiting({ signal: AbortSignal.abort(reason) });
  await expect(never.run()).rejects.toBe(reason);
  expect(never.starts()).toBe(0);
});

test.each([
  ['a wait of 0', { waitMs: 0 }],
  ['the embedded database', { databaseUrl: undefined }],
])('N13: with %s the first failure ends the start', async (_, options) => {
  const wait = waiting(options);
  await expect(wait.run()).rejects.toThrow('connect ECONNREFUSED');
  expect([wait.starts(), wait.elapsedMs(), wait.lines]).toEqual([1, 0, []]);
});

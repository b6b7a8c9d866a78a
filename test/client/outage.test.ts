import { expect, test } from 'vitest';
import { ApiError, UnreachableError } from '../../src/client/api-error.ts';
import { systemRandom } from '../../src/client/client-clock.ts';
import { OUTAGE_MS, throughOutage } from '../../src/client/outage.ts';
import { fakeClock } from './signed-server.ts';

const refused = () =>
  new UnreachableError('http://ocpctl.test', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));

function reading(read: (elapsedMs: number) => string) {
  const clock = fakeClock();
  const notes: string[] = [];
  const policy = { giveUpAfterMs: OUTAGE_MS, onWaiting: ({ message }: Error) => void notes.push(message) };
  const context = { clock, random: systemRandom, signal: undefined };
  const run = () => throughOutage(async () => read(clock.monotonicMs()), policy, context);
  return { run, notes, elapsedMs: () => clock.monotonicMs() };
}

test('N15: a read waits for a server that is away, and says so at each try', async () => {
  const outage = reading((elapsedMs) => {
    if (elapsedMs < 60_000) throw refused();
    return 'answer';
  });
  expect(await outage.run()).toBe('answer');
  expect(new Set(outage.notes)).toEqual(new Set(['cannot reach http://ocpctl.test: connection refused']));
  expect(outage.notes.length).toBeGreaterThan(5);
});

test('N15: a read gives up after two minutes, as long as a stream does', async () => {
  const outage = reading(() => {
    throw refused();
  });
  await expect(outage.run()).rejects.toThrow(UnreachableError);
  expect(outage.elapsedMs()).toBeGreaterThanOrEqual(120_000);
  expect(outage.elapsedMs()).toBeLessThan(131_000);
});

test('N15: an answer is an answer: no read waits after it', async () => {
  const outage = reading(() => {
    throw new ApiError('NOT_FOUND', 'no', { status: 404 });
  });
  await expect(outage.run()).rejects.toThrow(ApiError);
  expect([outage.elapsedMs(), outage.notes]).toEqual([0, []]);
});

test('N15: it says when the server is back; a known server may have no name meanwhile', async () => {
  const clock = fakeClock();
  const notes: string[] = [];
  const policy = {
    giveUpAfterMs: Number.POSITIVE_INFINITY,
    wasReached: true,
    onWaiting: () => void notes.push('away'),
    onBack: () => void notes.push('back'),
  };
  const unknown = Object.assign(new Error('no name'), { code: 'ENOTFOUND' });
  const read = async () => {
    if (clock.monotonicMs() < 150_000) throw new UnreachableError('http://ocpctl.test', unknown);
    return 'answer';
  };
  await throughOutage(read, policy, { clock, random: systemRandom, signal: undefined });
  expect(notes.slice(0, -1)).toEqual(notes.slice(0, -1).map(() => 'away'));
  expect(notes.at(-1)).toBe('back');
  const never = { ...policy, wasReached: false };
  const reading = throughOutage(
    async () => {
      throw new UnreachableError('http://ocpctl.test', unknown);
    },
    never,
    { clock, random: systemRandom, signal: undefined },
  );
  await expect(reading).rejects.toThrow('host not found');
});

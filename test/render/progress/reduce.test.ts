import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../../src/contract/documents.ts';
import {
  activeStep,
  initialProgress,
  type ProgressState,
} from '../../../src/render/progress/progress-state.ts';
import { reduce, reduceEnd } from '../../../src/render/progress/reduce.ts';
import { eventOf, jobOf, phaseEvent } from '../../commands/support/documents.ts';

const start = initialProgress({ title: 'Creating demo', job: jobOf(), usualMs: {} });
const after = (...events: JobEvent[]): ProgressState => events.reduce(reduce, start);
const states = (state: ProgressState) => Object.fromEntries(state.steps.map((step) => [step.id, step.state]));

describe('reduce', () => {
  it('moves steps from waiting to active to done, and remembers when', () => {
    const state = after(
      phaseEvent(1, 'prepare', 'started'),
      phaseEvent(3, 'prepare', 'done'),
      phaseEvent(4, 'manifests', 'started'),
    );
    expect(states(state)).toMatchObject({ prepare: 'done', manifests: 'active', ignition: 'waiting' });
    expect(state.finished).toEqual([
      {
        key: '1/3/prepare',
        id: 'prepare',
        state: 'done',
        startedAt: new Date('2026-01-01T00:00:01Z'),
        endedAt: new Date('2026-01-01T00:00:03Z'),
      },
    ]);
    expect(activeStep(state)?.id).toBe('manifests');
  });

  it('takes a step that begins as the end of the one before', () => {
    const state = after(phaseEvent(1, 'prepare', 'started'), phaseEvent(2, 'manifests', 'started'));
    expect(states(state)).toMatchObject({ prepare: 'done', manifests: 'active' });
  });

  it('starts over with a new attempt, and keeps what the one before did', () => {
    const state = after(
      phaseEvent(1, 'prepare', 'started'),
      phaseEvent(2, 'prepare', 'done'),
      phaseEvent(3, 'provision', 'started'),
      eventOf(4),
      phaseEvent(5, 'prepare', 'started', { attempt: 2 }),
    );
    expect(state.attempt).toBe(2);
    expect(states(state)).toMatchObject({ prepare: 'active', provision: 'waiting' });
    expect(state.finished.map(({ id, state: end, reason }) => [id, end, reason])).toEqual([
      ['prepare', 'done', undefined],
      ['provision', 'failed', 'its worker was lost'],
    ]);
    expect(state.logs).toEqual([]);
  });

  const retrying = (seq: number, cause: string) =>
    eventOf(seq, {
      phase: null,
      kind: 'state',
      message: `attempt 1 of 3 failed: ${cause}; the next one starts in 1 s`,
      data: { status: 'RETRYING', code: 'NO_CAPACITY', cause },
    });
  const ends = (state: ProgressState) =>
    state.finished.map(({ id, state: end, reason }) => [id, end, reason] as const);

  it('knows why a step failed, also when the worker or the job ended', () => {
    const failing = after(phaseEvent(1, 'provision', 'started'), phaseEvent(2, 'provision', 'failed'));
    expect(ends(failing)).toEqual([]);
    expect(ends(reduce(failing, retrying(3, 'no machines')))).toEqual([
      ['provision', 'failed', 'no machines'],
    ]);
    const ended = jobOf({ status: 'FAILED', error: { code: 'NO_CAPACITY', message: 'none at all' } });
    const now = new Date('2026-01-02T00:00:00Z');
    expect(ends(reduceEnd(failing, ended, now))).toEqual([['provision', 'failed', 'none at all']]);
    const open = after(phaseEvent(1, 'finish', 'started'));
    expect(reduceEnd(open, jobOf(), now).finished).toEqual([]);
    expect(reduceEnd(open, jobOf({ status: 'CANCELLED', endedAt: null }), now).finished).toMatchObject([
      { id: 'finish', reason: 'cancelled', endedAt: now },
    ]);
    const drained = after(phaseEvent(1, 'provision', 'started'), retrying(2, 'the worker shuts down'));
    expect(states(drained)).toMatchObject({ provision: 'waiting' });
    expect(ends(drained)).toEqual([['provision', 'failed', 'the worker shuts down']]);
  });

  it('has a line for the removal of what the attempt before left, while it goes on', () => {
    const cleaning = after(
      phaseEvent(1, 'provision', 'started'),
      phaseEvent(2, 'provision', 'failed'),
      retrying(3, 'no machines'),
      eventOf(4, { attempt: 2, phase: null, kind: 'state', data: { activity: 'clean-up' } }),
    );
    expect(activeStep(cleaning)?.id).toBe('cleaning up attempt 1');
    const again = reduce(cleaning, phaseEvent(9, 'prepare', 'started', { attempt: 2 }));
    expect(activeStep(again)?.id).toBe('prepare');
    expect(again.finished.at(-1)).toMatchObject({ id: 'cleaning up attempt 1', state: 'done' });
    expect(reduce(cleaning, retrying(9, 'x'))).toBe(cleaning);
    const failed = reduce(cleaning, { ...retrying(9, 'still there'), attempt: 2 });
    expect(ends(failed).at(-1)).toEqual(['cleaning up attempt 1', 'failed', 'still there']);
  });

  it('ignores events that it has seen and those of attempts that are over', () => {
    const state = after(phaseEvent(5, 'prepare', 'started', { attempt: 2 }));
    expect(reduce(state, phaseEvent(5, 'prepare', 'failed', { attempt: 2 }))).toBe(state);
    expect(reduce(state, phaseEvent(6, 'prepare', 'failed', { attempt: 1 }))).toBe(state);
  });

  it('keeps the newest three log lines and the milestone, and adds phases that it does not know', () => {
    const state = after(
      eventOf(1),
      eventOf(2),
      eventOf(3),
      eventOf(4),
      eventOf(5, { kind: 'milestone', message: 'API is up' }),
      phaseEvent(6, 'polish', 'started'),
    );
    expect(state.logs.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    expect(states(state)['polish']).toBe('active');
  });

  it('shows the milestone that is furthest along: their lines repeat and come late', () => {
    const milestone = (seq: number, title: string, fraction: number) =>
      eventOf(seq, { kind: 'milestone', data: { id: title, title, fraction } });
    const going = [
      milestone(1, 'Resources going', 0.4),
      milestone(2, 'Machines going', 0.1),
      milestone(3, 'Resources going', 0.4),
    ];
    expect(after(...going).milestone).toEqual({ title: 'Resources going', fraction: 0.4 });
    expect(after(...going, milestone(4, 'Done', 1)).milestone?.title).toBe('Done');
    expect(after(eventOf(1, { kind: 'milestone', message: 'API is up' })).milestone?.title).toBe('API is up');
  });

  it('stays consistent whatever comes in whatever order', () => {
    const event: fc.Arbitrary<JobEvent> = fc.record({
      seq: fc.integer({ min: 1, max: 40 }),
      at: fc.constant('2026-01-01T00:00:00Z'),
      attempt: fc.integer({ min: 1, max: 3 }),
      phase: fc.constantFrom(null, 'prepare', 'provision', 'finish', 'unknown'),
      kind: fc.constantFrom('phase', 'milestone', 'log', 'state'),
      level: fc.constantFrom('debug', 'info', 'warn', 'error'),
      message: fc.string(),
      data: fc.record(
        {
          state: fc.constantFrom('started', 'done', 'failed', 'odd', 7),
          status: fc.constantFrom('RETRYING', 'FAILED', 'PENDING'),
          activity: fc.constantFrom('clean-up', 'other'),
        },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let state = start;
        for (const next of events) {
          const before = state;
          state = reduce(state, next);
          expect(state.lastSeq).toBeGreaterThanOrEqual(before.lastSeq);
          expect(state.attempt).toBeGreaterThanOrEqual(before.attempt);
          expect(state.finished.slice(0, before.finished.length)).toEqual(before.finished);
          expect(state.steps.filter((step) => step.state === 'active').length).toBeLessThanOrEqual(1);
          expect(new Set(state.steps.map(({ id }) => id)).size).toBe(state.steps.length);
          expect(new Set(state.finished.map(({ key }) => key)).size).toBe(state.finished.length);
          expect(state.logs.length).toBeLessThanOrEqual(3);
          expect(reduce(state, next)).toBe(state);
        }
      }),
    );
  });
});

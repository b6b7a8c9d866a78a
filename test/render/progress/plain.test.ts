import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../../src/contract/documents.ts';
import { createPlainRenderer } from '../../../src/render/progress/plain.ts';
import { initialProgress } from '../../../src/render/progress/progress-state.ts';
import { reduce } from '../../../src/render/progress/reduce.ts';
import { eventOf, phaseEvent } from '../../commands/support/documents.ts';

function show(steps: readonly (JobEvent | { readonly tick: string })[]): string {
  const lines: string[] = [];
  const startedAt = new Date('2026-01-01T00:00:00Z');
  const renderer = createPlainRenderer((line) => lines.push(line), startedAt, 'Creating demo in the sandbox');
  let state = initialProgress({ title: 'Creating demo', jobType: 'CREATE', hasExpectations: false });
  for (const step of steps) {
    if ('tick' in step) renderer.tick(new Date(step.tick), state);
    else {
      const before = state;
      state = reduce(before, step);
      renderer.event(step, before, state);
    }
  }
  return lines.join('\n');
}

describe('the plain renderer', () => {
  it('writes one line per change, and nothing for ordinary log lines or repeats', () => {
    const shown = show([
      phaseEvent(1, 'prepare', 'started'),
      eventOf(2, { message: 'ordinary' }),
      eventOf(3, { level: 'warn', message: 'slow \u001b[31mcloud' }),
      phaseEvent(4, 'prepare', 'done'),
      phaseEvent(4, 'prepare', 'done'),
      phaseEvent(5, 'provision', 'started'),
      eventOf(6, { kind: 'milestone', message: 'the API is up' }),
      eventOf(6, { seq: 7, kind: 'milestone', message: 'the API is up' }),
      phaseEvent(8, 'provision', 'failed'),
      eventOf(9, { kind: 'state', phase: null, message: 'retrying in 1m' }),
      phaseEvent(10, 'prepare', 'started', { attempt: 2 }),
    ]);
    expect(shown).toMatchInlineSnapshot(`
      "00:00:00Z Creating demo in the sandbox
      00:00:01Z [1/7] prepare
      00:00:03Z   warn: slow cloud
      00:00:04Z [1/7] prepare done in 3s
      00:00:05Z [5/7] provision
      00:00:06Z   the API is up
      00:00:08Z [5/7] provision failed after 3s
      00:00:09Z retrying in 1m
      00:00:10Z attempt 2: starting over
      00:00:10Z [1/7] prepare"
    `);
  });

  it('says each minute that it is still there', () => {
    const shown = show([
      phaseEvent(1, 'provision', 'started'),
      { tick: '2026-01-01T00:00:59Z' },
      { tick: '2026-01-01T00:01:01Z' },
      { tick: '2026-01-01T00:01:02Z' },
      { tick: '2026-01-01T00:02:01Z' },
    ]);
    expect(shown).toMatchInlineSnapshot(`
      "00:00:00Z Creating demo in the sandbox
      00:00:01Z [5/7] provision
      00:01:01Z still provision (1m)
      00:02:01Z still provision (2m)"
    `);
  });
});

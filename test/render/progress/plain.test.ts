import { describe, expect, it } from 'vitest';
import type { JobEvent } from '../../../src/contract/documents.ts';
import type { ContactNotice } from '../../../src/render/progress/contact-lines.ts';
import { createPlainRenderer } from '../../../src/render/progress/plain.ts';
import { initialProgress } from '../../../src/render/progress/progress-state.ts';
import { reduce } from '../../../src/render/progress/reduce.ts';
import { eventOf, jobOf, phaseEvent } from '../../commands/support/documents.ts';

const CONNECTED: ContactNotice = { kind: 'connected', text: '' };

function show(
  steps: readonly (JobEvent | { readonly tick: string; readonly contact?: ContactNotice })[],
  usualMs: Readonly<Record<string, number>> = {},
  job = jobOf(),
): string {
  const lines: string[] = [];
  const startedAt = new Date('2026-01-01T00:00:00Z');
  const renderer = createPlainRenderer((line) => lines.push(line), startedAt, 'Creating demo in the sandbox');
  let state = initialProgress({ title: 'Creating demo', job, usualMs });
  for (const step of steps) {
    if ('tick' in step) renderer.tick(new Date(step.tick), state, step.contact ?? CONNECTED);
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

  it('writes the output of a build line by line', () => {
    const job = jobOf({ resourceKind: 'deployment', type: 'BUILD' });
    const shown = show(
      [
        phaseEvent(1, 'build', 'started'),
        eventOf(2, { phase: 'build', message: 'go: downloading \u001b[1mgithub.com/jackc/pgx' }),
        { tick: '2026-01-01T00:01:02Z' },
      ],
      {},
      job,
    );
    expect(shown).toMatchInlineSnapshot(`
      "00:00:00Z Creating demo in the sandbox
      00:00:01Z [3/3] build
      00:00:02Z   go: downloading github.com/jackc/pgx
      00:01:02Z build still running (1m1s)"
    `);
  });

  it.each([
    ['orphan', 'SWEEP', 'read-back', '[3/4]'],
    ['deployment', 'BUILD', 'build', '[3/3]'],
    ['service', 'DEPLOY', 'draining', '[4/4]'],
    ['service', 'DESTROY', 'instances', '[1/1]'],
    ['database', 'PROVISION', 'data', '[1/3]'],
    ['database', 'RECOVER', 'roles', '[3/3]'],
    ['database', 'DESTROY', 'remove', '[1/2]'],
    ['environment', 'DESTROY', 'routes', '[1/3]'],
    ['environment', 'JANITOR_DESTROY', 'read-back', '[3/3]'],
  ] as const)('counts the steps of the job %s %s', (resourceKind, type, phase, ordinal) => {
    const shown = show([phaseEvent(1, phase, 'started')], {}, jobOf({ resourceKind, type }));
    expect(shown).toContain(` ${ordinal} ${phase}`);
  });

  it('counts the steps of a deploy that stops the old instance first in their order', () => {
    const job = jobOf({ resourceKind: 'service', type: 'DEPLOY' });
    const draining = phaseEvent(1, 'draining', 'started', { data: { state: 'started', ordinal: 1, of: 4 } });
    const shown = show([draining, phaseEvent(2, 'starting', 'started')], {}, job);
    expect(shown).toContain('[1/4] draining');
    expect(shown).toContain('[2/4] starting');
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
      00:01:01Z provision still running (1m)
      00:02:01Z provision still running (2m)"
    `);
  });

  it('says that the connection is lost, once a minute while it is, and that it is back', () => {
    const lost = (tick: string, ago: string) => ({
      tick,
      contact: { kind: 'lost', text: `connection lost ${ago} ago, retrying (connection refused)` } as const,
    });
    const shown = show([
      phaseEvent(1, 'provision', 'started'),
      lost('2026-01-01T00:00:12Z', '12s'),
      lost('2026-01-01T00:00:13Z', '13s'),
      lost('2026-01-01T00:01:12Z', '1m12s'),
      { tick: '2026-01-01T00:01:20Z' },
      { tick: '2026-01-01T00:01:21Z', contact: { kind: 'silent', text: 'no data from the server for 20s' } },
      { tick: '2026-01-01T00:01:22Z' },
      { tick: '2026-01-01T00:02:22Z' },
    ]);
    expect(shown).toMatchInlineSnapshot(`
      "00:00:00Z Creating demo in the sandbox
      00:00:01Z [5/7] provision
      00:00:12Z connection lost 12s ago, retrying (connection refused)
      00:01:12Z connection lost 1m12s ago, retrying (connection refused)
      00:01:20Z connected again
      00:01:21Z no data from the server for 20s
      00:01:22Z connected again
      00:02:22Z provision still running (2m21s)"
    `);
  });

  it('says how long a step usually takes', () => {
    const shown = show([phaseEvent(1, 'provision', 'started'), { tick: '2026-01-01T00:12:01Z' }], {
      provision: 42 * 60_000 + 20_000,
    });
    expect(shown).toMatchInlineSnapshot(`
      "00:00:00Z Creating demo in the sandbox
      00:00:01Z [5/7] provision (usually 42m)
      00:12:01Z provision still running (12m · usually 42m · about 30m left)"
    `);
  });

  it('says how the removal of what the attempt before left ended', () => {
    const shown = show([
      phaseEvent(1, 'provision', 'started'),
      eventOf(4, {
        attempt: 2,
        phase: null,
        kind: 'state',
        message: 'destroying the resources of the previous attempt (demo-x)',
        data: { activity: 'clean-up' },
      }),
      phaseEvent(9, 'prepare', 'started', { attempt: 2 }),
    ]);
    expect(shown).toMatchInlineSnapshot(`
      "00:00:00Z Creating demo in the sandbox
      00:00:01Z [5/7] provision
      00:00:04Z attempt 2: starting over
      00:00:04Z destroying the resources of the previous attempt (demo-x)
      00:00:09Z cleaning up attempt 1 done in 5s
      00:00:09Z [1/7] prepare"
    `);
  });
});

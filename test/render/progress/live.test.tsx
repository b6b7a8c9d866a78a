import { render } from 'ink-testing-library';
import { describe, expect, it } from 'vitest';
import { type LiveLine, ProgressView } from '../../../src/render/progress/live.tsx';
import { initialProgress, type ProgressState } from '../../../src/render/progress/progress-state.ts';
import { reduce } from '../../../src/render/progress/reduce.ts';
import { eventOf, jobOf, phaseEvent } from '../../commands/support/documents.ts';

const startedAt = new Date('2026-01-01T00:00:00Z');
const now = new Date('2026-01-01T00:00:30Z');
const connected = { kind: 'connected', text: '' } as const;
const lost = { kind: 'lost', text: 'connection lost 12s ago, retrying (connection refused)' } as const;
const start = initialProgress({
  title: 'Creating demo',
  job: jobOf(),
  usualMs: { provision: 42 * 60_000 },
});
const underWay = [
  phaseEvent(1, 'prepare', 'started'),
  phaseEvent(2, 'prepare', 'done'),
  phaseEvent(3, 'provision', 'started'),
  eventOf(4, { kind: 'milestone', message: 'the network is up' }),
  eventOf(5),
  eventOf(6),
  eventOf(7),
  eventOf(8),
].reduce(reduce, start);

const linesOf = ({ title, finished }: ProgressState): LiveLine[] => [
  { key: 'title', title },
  ...finished.map((step) => ({ key: step.key, step })),
];

function frameOf(
  state: ProgressState,
  options: { rows?: number; lines?: LiveLine[]; contact?: typeof connected | typeof lost } = {},
): string {
  const { rows = 24, lines = linesOf(state), contact = connected } = options;
  const view = render(<ProgressView {...{ state, lines, startedAt, now, rows, contact }} />);
  const frame = view.lastFrame() ?? '';
  view.unmount();
  return frame;
}

describe('the live view', () => {
  it('shows the title, finished steps, the one under way with what it does and takes, and what comes next', () => {
    expect(frameOf(underWay)).toMatchInlineSnapshot(`
      "Creating demo
        ✓ prepare 1s
        ● provision 27s · usually 42m · about 42m left
          the network is up
          line 6
          line 7
          line 8
        ○ next: manifests, ignition, checkpoint, verify, finish
        30s elapsed"
    `);
  });

  it.each([6, 7, 8, 10])('leaves two of %i rows free, so that no scrollback is wiped', (rows) => {
    for (const contact of [connected, lost]) {
      const frame = frameOf(underWay, { rows, lines: [], contact });
      expect(frame.split('\n').length).toBeLessThanOrEqual(rows - 2);
      expect(frame).toContain('● provision');
      if (contact === lost) expect(frame).toContain('! connection lost 12s ago');
    }
  });

  it('says why a step failed, and that it cleans up', () => {
    const cause =
      'the zone has no capacity for this instance type: retried later, or choose another type or region';
    const again = [
      phaseEvent(9, 'provision', 'failed'),
      eventOf(10, { phase: null, kind: 'state', data: { status: 'RETRYING', cause } }),
      eventOf(11, { attempt: 2, phase: null, kind: 'state', data: { activity: 'clean-up' } }),
    ].reduce(reduce, underWay);
    expect(frameOf(again)).toMatchInlineSnapshot(`
      "Creating demo
        ✓ prepare 1s
        ✗ provision 6s
          the zone has no capacity for this instance type: retried later, or choose another type or region
        ● cleaning up attempt 1 19s
        ○ next: prepare, manifests, ignition, checkpoint, provision, verify, finish
        30s elapsed · attempt 2"
    `);
  });

  it('says that the server is not heard, and shows messages of the command', () => {
    const note = 'Cannot renew the keepalive of demo.';
    const lines = [...linesOf(underWay), { key: 'note', note }];
    expect(frameOf(underWay, { lines, contact: lost })).toMatchInlineSnapshot(`
      "Creating demo
        ✓ prepare 1s
      Cannot renew the keepalive of demo.
        ● provision 27s · usually 42m · about 42m left
          the network is up
          line 6
          line 7
          line 8
        ○ next: manifests, ignition, checkpoint, verify, finish
        ! connection lost 12s ago, retrying (connection refused)
        30s elapsed"
    `);
  });
});

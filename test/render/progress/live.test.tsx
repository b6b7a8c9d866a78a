import { render } from 'ink-testing-library';
import { describe, expect, it } from 'vitest';
import { ProgressView } from '../../../src/render/progress/live.tsx';
import { initialProgress } from '../../../src/render/progress/progress-state.ts';
import { reduce } from '../../../src/render/progress/reduce.ts';
import { eventOf, phaseEvent } from '../../commands/support/documents.ts';

const now = new Date('2026-01-01T00:00:30Z');
const start = initialProgress({ title: 'Creating demo', jobType: 'CREATE', hasExpectations: true });
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

describe('the live view', () => {
  it('shows finished steps, the one under way with what it does, and what comes next', () => {
    const view = render(<ProgressView state={underWay} now={now} rows={24} />);
    expect(view.lastFrame()).toMatchInlineSnapshot(`
      "  ✓ prepare 1s
      Creating demo
        ● provision 27s (usually 42m)
          the network is up
          line 6
          line 7
          line 8
        ○ next: manifests, ignition, checkpoint, verify, finish"
    `);
    view.unmount();
  });

  it.each([6, 7, 8, 10])('leaves two of %i rows free, so that no scrollback is wiped', (rows) => {
    const view = render(<ProgressView state={{ ...underWay, finished: [] }} now={now} rows={rows} />);
    expect(view.lastFrame()?.split('\n').length).toBeLessThanOrEqual(rows - 2);
    expect(view.lastFrame()).toContain('● provision');
    view.unmount();
  });

  it('says which attempt it is', () => {
    const again = reduce(underWay, phaseEvent(9, 'prepare', 'started', { attempt: 2 }));
    const view = render(<ProgressView state={again} now={now} rows={24} />);
    expect(view.lastFrame()).toContain('Creating demo (attempt 2)');
    expect(view.lastFrame()).toContain('✗ provision 6s');
    view.unmount();
  });
});

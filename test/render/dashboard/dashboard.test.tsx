import { stripVTControlCharacters } from 'node:util';
import { render } from 'ink-testing-library';
import { expect, it } from 'vitest';
import {
  EMPTY_DASHBOARD,
  rowsOf,
  scrolled,
  withData,
  withKey,
} from '../../../src/render/dashboard/dashboard-state.ts';
import { DashboardView } from '../../../src/render/dashboard/dashboard-view.tsx';
import { textWidth } from '../../../src/render/text-width.ts';
import { clusterOf, eventOf, jobOf } from '../../commands/support/documents.ts';

const ABANDONED = { at: '2026-01-01T00:00:00Z', by: 'local:ann', reason: 'gone' };
const now = new Date('2026-01-01T02:00:00Z');
const fleet = (count: number) =>
  Array.from({ length: count }, (_, index) => clusterOf({ id: `clu_${index}`, name: `ci-${index}` }));
const loaded = (count: number, rows = 10) =>
  withData(EMPTY_DASHBOARD, { clusters: fleet(count), jobs: [jobOf()], log: [eventOf(1)] }, now, rows);

it('selects the first cluster, moves within the list, and keeps the selected one on the screen', () => {
  let state = loaded(500);
  expect([state.selectedId, state.top]).toEqual(['clu_0', 0]);
  expect(withKey(state, 'up', 10)).toBe(state);
  state = withKey(withKey(state, 'pageDown', 10), 'down', 10);
  expect([state.selectedId, state.top, state.jobs]).toEqual(['clu_11', 2, []]);
  state = withKey(state, 'last', 10);
  expect([state.selectedId, state.top]).toEqual(['clu_499', 490]);
  expect(scrolled(state, 40).top).toBe(460);
  expect(withKey(state, 'first', 10)).toMatchObject({ selectedId: 'clu_0', top: 0 });
  expect(withKey(EMPTY_DASHBOARD, 'down', 10)).toBe(EMPTY_DASHBOARD);
});

it('keeps the selection when clusters come, and takes the neighbour of one that goes', () => {
  const state = withKey(loaded(3), 'last', 10);
  const more = { clusters: [clusterOf({ id: 'clu_new' }), ...fleet(3)], jobs: [], log: [] };
  expect(withData(state, more, now, 10).selectedId).toBe('clu_2');
  expect(withData(state, { ...more, clusters: fleet(2) }, now, 10)).toMatchObject({
    selectedId: 'clu_1',
    jobs: [],
  });
  expect(withData(state, { ...more, clusters: [] }, now, 10).selectedId).toBeUndefined();
});

it.each([
  [80, 24],
  [200, 50],
  [60, 12],
] as const)('fits a screen of %i by %i, also with 500 clusters', (columns, rows) => {
  const state = loaded(500, rowsOf(rows).clusters);
  const view = render(<DashboardView {...{ state, now, columns, rows }} server="http://s" />);
  const lines = (view.lastFrame() ?? '').split('\n');
  view.unmount();
  expect(lines.length).toBeLessThanOrEqual(rows - 1);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  expect(lines[0]).toContain('500 clusters');
  expect(lines.at(-1)).toContain('q quit');
  // And the title of its jobs.
  expect(lines.filter((line) => line.includes('ci-')).length).toBe(rowsOf(rows).clusters + 1);
  if (columns >= 80) expect(lines[1]).toMatch(/EXPIRES +COST/);
  expect(lines[1]?.includes('PROFILE')).toBe(columns >= 100);
});

it('says that a screen is too small', () => {
  const view = render(<DashboardView state={loaded(1)} now={now} columns={40} rows={10} server="s" />);
  expect(view.lastFrame()).toContain('too small: 60x12 is needed');
  view.unmount();
});

it('shows texts of the server without their control characters, in columns of cells', () => {
  const clusters = [
    clusterOf({
      id: 'clu_1',
      name: 'evil\u001b[2J\u202e',
      owner: '日本語日本語日本語',
      abandoned: ABANDONED,
    }),
    clusterOf({ id: 'clu_2', name: 'demo', owner: 'ann' }),
  ];
  const data = {
    clusters,
    jobs: [jobOf({ phase: 'a\u0007b' })],
    log: [eventOf(1, { message: 'x\u001b]0;t\u0007' })],
  };
  const state = { ...withData(EMPTY_DASHBOARD, data, now, 10), problem: 'p\u001b[31m\u009b' };
  const view = render(<DashboardView {...{ state, now }} columns={120} rows={24} server="s" />);
  const frame = stripVTControlCharacters(view.lastFrame() ?? '');
  view.unmount();
  // A sequence that was written would be gone.
  for (const text of ['evil\\u001b[2J\\u202e', 'x\\u001b]0;t', 'p\\u009b']) expect(frame).toContain(text);
  expect(frame.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  const [evil = '', demo = ''] = frame.split('\n').filter((line) => line.includes('aws-minimal-test'));
  expect(textWidth(evil.slice(0, evil.indexOf('2h')))).toBe(textWidth(demo.slice(0, demo.indexOf('2h'))));
  expect(evil).not.toContain('26877d');
});

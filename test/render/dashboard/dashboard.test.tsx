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
import { clusterOf, eventOf, jobOf } from '../../commands/support/documents.ts';

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

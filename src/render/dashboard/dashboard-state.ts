import type { Cluster, Job, JobEvent } from '../../contract/documents.ts';

/** What was read of the server. */
export interface DashboardData {
  readonly clusters: readonly Cluster[];
  /** The jobs of the selected cluster, newest first. */
  readonly jobs: readonly Job[];
  /** The latest log lines of its newest job, oldest first. */
  readonly log: readonly JobEvent[];
}

export type DashboardKey = 'up' | 'down' | 'pageUp' | 'pageDown' | 'first' | 'last';

export interface DashboardState extends DashboardData {
  /** The id of the selected cluster: it stays selected when others come and go. */
  readonly selectedId: string | undefined;
  /** Index of the first cluster on the screen. */
  readonly top: number;
  /** When the data was read; undefined before the first answer. */
  readonly readAt: Date | undefined;
  /** Why the data is not of now. */
  readonly problem: string | undefined;
}

export const EMPTY_DASHBOARD: DashboardState = {
  clusters: [],
  jobs: [],
  log: [],
  selectedId: undefined,
  top: 0,
  readAt: undefined,
  problem: undefined,
};

/** New data; the selection stays, or moves to the cluster that took its row. */
export function withData(
  state: DashboardState,
  data: DashboardData,
  readAt: Date,
  rows: number,
): DashboardState {
  const before = selectedIndex(state);
  const isThere = data.clusters.some(({ id }) => id === state.selectedId);
  const next = { ...state, ...data, readAt, problem: undefined };
  if (isThere) return scrolled(next, rows);
  const index = Math.min(Math.max(0, before), data.clusters.length - 1);
  // Jobs and log are those of another cluster.
  const isFirst = state.selectedId === undefined;
  const selected = { ...next, selectedId: data.clusters[index]?.id };
  return scrolled(isFirst ? selected : { ...selected, jobs: [], log: [] }, rows);
}

/** Moves the selection. @param rows for clusters on the screen */
export function withKey(state: DashboardState, key: DashboardKey, rows: number): DashboardState {
  const { clusters } = state;
  const index = Math.max(0, selectedIndex(state));
  const last = clusters.length - 1;
  const moves: Readonly<Record<DashboardKey, number>> = {
    up: index - 1,
    down: index + 1,
    pageUp: index - rows,
    pageDown: index + rows,
    first: 0,
    last,
  };
  const selectedId = clusters[Math.max(0, Math.min(last, moves[key]))]?.id;
  if (selectedId === state.selectedId) return state;
  return scrolled({ ...state, selectedId, jobs: [], log: [] }, rows);
}

/** Keeps the selected cluster on the screen, also when the screen changes its size. */
export function scrolled(state: DashboardState, rows: number): DashboardState {
  const index = Math.max(0, selectedIndex(state));
  const lowest = Math.max(0, state.clusters.length - rows);
  const top = Math.min(lowest, Math.max(Math.min(state.top, index), index - rows + 1));
  return { ...state, top };
}

function selectedIndex({ clusters, selectedId }: DashboardState): number {
  return clusters.findIndex(({ id }) => id === selectedId);
}

/** How the rows of a screen are shared out. */
export interface DashboardRows {
  readonly clusters: number;
  readonly jobs: number;
  readonly log: number;
}

/** As many jobs and lines of a log as a high terminal shows. */
export const MAX_DASHBOARD = { jobs: 4, log: 10 } as const;

export const MIN_DASHBOARD = { columns: 60, rows: 12 } as const;

/** Title, head, clusters, title of the jobs, jobs, title of the log, log, keys; one row stays free, or the terminal scrolls. */
export function rowsOf(height: number): DashboardRows {
  const free = Math.max(0, height - 1 - 5);
  const jobs = Math.min(MAX_DASHBOARD.jobs, Math.floor(free / 4));
  const log = Math.min(MAX_DASHBOARD.log, Math.floor(free / 4));
  return { clusters: Math.max(1, free - jobs - log), jobs, log };
}

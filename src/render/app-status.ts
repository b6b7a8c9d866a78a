import type { Style } from './paint.ts';
import type { TableColumn } from './view.ts';

/** Of services, instances, deployments, databases, volumes and environments. */
export const APP_STATUS_STYLES: Readonly<Record<string, Style>> = {
  ACTIVE: 'green',
  AVAILABLE: 'green',
  ATTACHED: 'green',
  LIVE: 'green',
  SUCCEEDED: 'green',
  RUNNING: 'green',
  DEPLOYING: 'yellow',
  PROVISIONING: 'yellow',
  DEGRADED: 'yellow',
  STARTING: 'yellow',
  QUEUED: 'yellow',
  STOPPING: 'yellow',
  DESTROYING: 'yellow',
  STOPPED: 'dim',
  SUPERSEDED: 'dim',
  SKIPPED: 'dim',
  CANCELLED: 'dim',
  NEW: 'dim',
  CRASHED: 'red',
  DOWN: 'red',
  EXITED: 'red',
  FAILED: 'red',
  DESTROY_FAILED: 'red',
};

export const appStatusColumn = <Row>(statusOf: (row: Row) => string): TableColumn<Row> => ({
  header: 'STATUS',
  text: statusOf,
  style: (row) => APP_STATUS_STYLES[statusOf(row)],
});

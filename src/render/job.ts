import type { Job, JobAccepted, JobEvent } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { printable } from '../contract/escape.ts';
import { hasEnded } from '../contract/statuses.ts';
import { ageColumn, clockTime, dateTime, longTime } from './format.ts';
import type { Paint, Style } from './paint.ts';
import { statusStyle } from './paint.ts';
import {
  type ListView,
  listDocument,
  listView,
  type RecordView,
  recordView,
  type TableColumn,
} from './view.ts';

/** The table of `ocpctl jobs list`. */
export function jobList(jobs: readonly Job[], now: Date): ListView<Job> {
  return listView({
    document: listDocument(jobs),
    rows: jobs,
    columns: jobColumns(now),
    name: (job) => job.id,
    whenEmpty: "No jobs found. Commands that change something, such as 'ocpctl create', request them.",
  });
}

function jobColumns(now: Date): readonly TableColumn<Job>[] {
  return [
    { header: 'ID', text: ({ id }) => id },
    { header: 'TYPE', text: ({ type }) => type },
    { header: 'RESOURCE', text: resourceText, exact: ({ resourceName }) => resourceName },
    { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => statusStyle(status) },
    { header: 'PHASE', fit: 'first', text: ({ phase }) => phase ?? '' },
    {
      header: 'ATTEMPT',
      fit: 'first',
      text: (job) => attemptText(job, '/'),
      exact: ({ attempt }) => String(attempt),
    },
    ageColumn(({ createdAt }) => createdAt, now),
    { header: 'TOOK', text: (job) => tookText(job, now), exact: (job) => tookSeconds(job, now) },
    { header: 'WORKER', text: ({ workerId }) => workerId ?? '', wide: true },
    {
      header: 'ERROR',
      fit: 'wrap',
      text: ({ error }) => (error ? `${error.code}: ${error.message}` : ''),
      wide: true,
    },
  ];
}

/** The result of `jobs cancel` and `jobs retry`: ID TYPE RESOURCE STATUS. */
export function acceptedJob(accepted: JobAccepted): ListView<JobAccepted> {
  return listView({
    document: accepted,
    rows: [accepted],
    columns: [
      { header: 'ID', text: ({ job }) => job.id },
      { header: 'TYPE', text: ({ job }) => job.type },
      { header: 'RESOURCE', text: ({ job }) => job.resourceName },
      { header: 'STATUS', text: ({ job }) => job.status, style: ({ job }) => statusStyle(job.status) },
    ],
    name: ({ job }) => job.id,
  });
}

/** The result of `wait` for a job: ID STATUS. */
export function awaitedJob(job: Job): ListView<Job> {
  return listView({
    document: job,
    rows: [job],
    columns: [
      { header: 'ID', text: ({ id }) => id },
      { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => statusStyle(status) },
    ],
    name: ({ id }) => id,
  });
}

/** The blocks of `ocpctl jobs get`. */
export function jobRecord(job: Job, now: Date): RecordView {
  return recordView({
    document: job,
    name: job.id,
    blocks: [
      {
        title: 'Job',
        fields: [
          ['Id', job.id],
          ['Type', job.type],
          [kindTitle(job), `${job.resourceName} (${job.resourceId})`],
          ['Requested by', job.requestedBy],
        ],
      },
      {
        title: 'Status',
        fields: [
          ['Status', job.status, statusStyle(job.status)],
          ['Phase', job.phase ?? ''],
          ['Attempt', attemptText(job, ' of ')],
          ['Cancel requested', job.cancelRequested ? 'yes' : 'no'],
          ['Worker', job.workerId ?? ''],
          ...(job.waitingReason ? ([['Waiting', job.waitingReason, 'yellow']] as const) : []),
          ...(job.error ? ([['Error', `${job.error.code}: ${job.error.message}`, 'red']] as const) : []),
        ],
      },
      {
        title: 'Times',
        fields: [
          ['Created', longTime(job.createdAt, now)],
          ...(job.status === 'PENDING' || job.status === 'RETRYING'
            ? ([['Next run', longTime(job.runAt, now)]] as const)
            : []),
          ...(job.startedAt ? ([['Started', longTime(job.startedAt, now)]] as const) : []),
          ...(job.endedAt ? ([['Ended', longTime(job.endedAt, now)]] as const) : []),
          ['Took', tookText(job, now)],
        ],
      },
    ],
  });
}

/** With its kind where the type of a job does not say it: a service and a database can have the same name. */
function resourceText({ resourceKind, resourceName }: Job): string {
  const isNamed = resourceKind === 'cluster' || resourceKind === 'orphan';
  return isNamed ? resourceName : `${resourceKind}/${resourceName}`;
}

/** Nothing follows once the job has ended, so the number of attempts that it could have had says nothing then. */
export function attemptText(job: Pick<Job, 'status' | 'attempt' | 'maxAttempts'>, of: string): string {
  return hasEnded(job) ? String(job.attempt) : `${job.attempt}${of}${job.maxAttempts}`;
}

/** For example `Cluster` or `Service`. */
function kindTitle({ resourceKind }: Job): string {
  return `${resourceKind.charAt(0).toUpperCase()}${resourceKind.slice(1)}`;
}

/** Duration until the end or now; undefined before the start. */
function tookMs(job: Job, now: Date): number | undefined {
  if (!job.startedAt) return undefined;
  return (job.endedAt ? new Date(job.endedAt) : now).getTime() - new Date(job.startedAt).getTime();
}

function tookText(job: Job, now: Date): string {
  const ms = tookMs(job, now);
  return ms === undefined ? '' : shortDuration(Math.max(0, ms));
}

function tookSeconds(job: Job, now: Date): string {
  const ms = tookMs(job, now);
  return ms === undefined ? '' : (ms / 1000).toFixed(3);
}

/** A line of a log: an event of a job, or a line of the debug output, which has no number. */
export type JobLogEntry = Omit<JobEvent, 'seq'>;

const LEVEL_STYLES: Readonly<Record<JobEvent['level'], Style | undefined>> = {
  debug: 'dim',
  info: undefined,
  warn: 'yellow',
  error: 'red',
};

/** A job event as one line: `15:04:05Z info  provision  message`; wide with date and attempt. */
export function logLine(event: JobLogEntry, paint: Paint, wide = false): string {
  const style = LEVEL_STYLES[event.level];
  const phase = (event.phase ?? '-').padEnd(10);
  const change = event.kind === 'phase' ? event.data['state'] : undefined;
  const message = printable(typeof change === 'string' ? `${event.message} (${change})` : event.message);
  const at = wide ? `${dateTime(event.at)} attempt ${event.attempt}` : clockTime(event.at);
  const line = `${at} ${event.level.padEnd(5)} ${phase} ${message}`;
  return style === undefined ? line : paint(style, line);
}

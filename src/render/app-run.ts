import type { ServiceRun } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { APP_STATUS_STYLES, appStatusColumn } from './app-status.ts';
import { ageColumn, dateTime, longTime, relativeTime } from './format.ts';
import { type ListView, listDocument, listView, type RecordView, recordView } from './view.ts';

export function runList(runs: readonly ServiceRun[], now: Date): ListView<ServiceRun> {
  return listView({
    document: listDocument(runs),
    rows: runs,
    name: ({ number }) => String(number),
    columns: [
      { header: 'RUN', text: ({ number }) => String(number), align: 'right' },
      { header: 'SLOT', fit: 'whole', text: slotText, exact: ({ slot }) => slot ?? '' },
      appStatusColumn(({ state }) => state),
      { header: 'EXIT', text: ({ exitCode }) => (exitCode === null ? '' : String(exitCode)), align: 'right' },
      { header: 'DURATION', text: (run) => durationOf(run, now) ?? '', align: 'right' },
      { header: 'REASON', fit: 'first', text: ({ reason }) => reason ?? '' },
      ageColumn(({ createdAt }) => createdAt, now),
      { header: 'RELEASE', text: ({ release }) => (release === null ? '' : String(release)), wide: true },
      { header: 'BY', text: ({ requestedBy }) => requestedBy, wide: true },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    whenEmpty: 'No runs yet.',
  });
}

/** The result of `ocpctl app run`. */
export function runRecord(run: ServiceRun, service: string, now: Date): RecordView {
  const { id, number, state, release, exitCode, reason, requestedBy, createdAt, startedAt } = run;
  const duration = durationOf(run, now);
  return recordView({
    document: run,
    name: String(number),
    blocks: [
      {
        title: `Run ${number} of ${service}`,
        fields: [
          ['State', state, APP_STATUS_STYLES[state]],
          ['Slot', slotText(run)],
          ...(exitCode === null ? [] : [['Exit code', String(exitCode)] as const]),
          ...(reason === null ? [] : [['Reason', reason] as const]),
          ...(startedAt === null ? [] : [['Started', longTime(startedAt, now)] as const]),
          ...(duration === undefined ? [] : [['Duration', duration] as const]),
          ...(release === null ? [] : [['Release', String(release)] as const]),
          ['Requested', `by ${requestedBy}, ${relativeTime(createdAt, now)}`],
          ['Id', id],
        ],
      },
    ],
  });
}

/** One line of `ocpctl app get`: `run 12 FAILED (exit 3), 2m ago`. */
export function lastRunText(run: ServiceRun, now: Date): string {
  const { number, state, reason, createdAt, startedAt } = run;
  const why = reason === null ? '' : ` (${reason})`;
  return `run ${number} ${state}${why}, ${relativeTime(startedAt ?? createdAt, now)}`;
}

function slotText({ slot }: ServiceRun): string {
  return slot === null ? 'by a user' : dateTime(slot);
}

function durationOf({ startedAt, endedAt }: ServiceRun, now: Date): string | undefined {
  if (startedAt === null) return undefined;
  const ended = endedAt === null ? now : new Date(endedAt);
  return shortDuration(Math.max(0, ended.getTime() - new Date(startedAt).getTime()));
}

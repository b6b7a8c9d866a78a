import type { RetentionRuleDocument, TaskDocument } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { relativeTime } from './format.ts';
import type { Style } from './paint.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

const STYLES: Readonly<Record<string, Style>> = {
  SUCCEEDED: 'green',
  FAILED: 'red',
  INTERRUPTED: 'yellow',
};

/** The table of `ocpctl admin tasks list`. */
export function taskList(tasks: readonly TaskDocument[], now: Date): ListView<TaskDocument> {
  return listView({ document: listDocument(tasks), ...tableOf(tasks, now) });
}

/** The result of `ocpctl admin tasks run`: one task. */
export function taskRow(task: TaskDocument, now: Date): ListView<TaskDocument> {
  return listView({ document: task, ...tableOf([task], now) });
}

function tableOf(rows: readonly TaskDocument[], now: Date) {
  const columns: readonly TableColumn<TaskDocument>[] = [
    { header: 'NAME', text: ({ name }) => name },
    {
      header: 'STATUS',
      text: ({ status }) => status,
      style: ({ status }) => (status === 'LOST' ? 'red' : undefined),
    },
    {
      header: 'EVERY',
      fit: 'first',
      text: ({ intervalSeconds }) => shortDuration(intervalSeconds * 1_000),
      exact: ({ intervalSeconds }) => String(intervalSeconds),
    },
    {
      header: 'LAST RUN',
      text: ({ lastEndedAt }) => (lastEndedAt === null ? '' : relativeTime(lastEndedAt, now)),
      exact: ({ lastEndedAt }) => lastEndedAt ?? '',
    },
    {
      header: 'TOOK',
      fit: 'first',
      text: ({ lastDurationMs }) => tookText(lastDurationMs),
      exact: ({ lastDurationMs }) => String(lastDurationMs ?? ''),
    },
    {
      header: 'OUTCOME',
      text: ({ lastOutcome }) => lastOutcome ?? '',
      style: ({ lastOutcome }) => (lastOutcome === null ? undefined : STYLES[lastOutcome]),
    },
    {
      header: 'NEXT',
      text: ({ status, nextRunAt, lagSeconds }) =>
        status === 'SCHEDULED' && lagSeconds < 1 ? relativeTime(nextRunAt, now) : '',
      exact: ({ nextRunAt }) => nextRunAt,
    },
    {
      header: 'LATE',
      fit: 'first',
      text: ({ lagSeconds }) => (lagSeconds < 1 ? '' : shortDuration(lagSeconds * 1_000)),
      exact: ({ lagSeconds }) => String(lagSeconds),
      style: () => 'yellow',
    },
    { header: 'FAILURES', text: ({ failures }) => String(failures), align: 'right', wide: true },
    { header: 'RUNNER', text: ({ runner }) => runner ?? '', wide: true },
    { header: 'RESULT', text: resultText, wide: true },
  ];
  return { rows, columns, name: ({ name }: TaskDocument) => name };
}

function tookText(ms: number | null): string {
  if (ms === null) return '';
  return ms < 1_000 ? `${Math.round(ms)}ms` : shortDuration(ms);
}

function resultText({ lastError, lastResult }: TaskDocument): string {
  if (lastError !== null) return lastError;
  return lastResult === null ? '' : JSON.stringify(lastResult);
}

/** The table of `ocpctl admin retention`. */
export function retentionList(document: {
  readonly items: readonly RetentionRuleDocument[];
}): ListView<RetentionRuleDocument> {
  return listView({
    document,
    rows: document.items,
    columns: [
      { header: 'NAME', text: ({ name }) => name },
      { header: 'DAYS', text: ({ days }) => String(days), align: 'right' },
      { header: 'DUE NOW', text: ({ due }) => String(due), align: 'right' },
      { header: 'MEANING', fit: 'wrap', text: ({ meaning }) => meaning },
    ],
    name: ({ name }) => name,
  });
}

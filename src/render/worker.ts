import type { WorkerDocument } from '../contract/documents.ts';
import { ageColumn, relativeTime } from './format.ts';
import type { Style } from './paint.ts';
import { type ListView, listDocument, listView } from './view.ts';

const STYLES: Readonly<Record<WorkerDocument['status'], Style>> = {
  READY: 'green',
  NOT_READY: 'red',
  DRAINING: 'yellow',
  LOST: 'red',
};

/** The table of `ocpctl admin workers`. */
export function workerList(workers: readonly WorkerDocument[], now: Date): ListView<WorkerDocument> {
  return listView({
    document: listDocument(workers),
    rows: workers,
    columns: [
      { header: 'NAME', text: workerName },
      { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => STYLES[status] },
      { header: 'REASON', text: ({ problems }) => problems.map(({ code }) => code).join(', ') },
      { header: 'JOBS', text: ({ jobs }) => String(jobs), align: 'right' },
      {
        header: 'LAST SEEN',
        text: ({ lastSeenAt }) => relativeTime(lastSeenAt, now),
        exact: ({ lastSeenAt }) => lastSeenAt,
      },
      { header: 'ID', text: ({ id }) => id, wide: true },
      { header: 'ROLES', text: ({ roles }) => roles.join(', '), wide: true },
      { header: 'DISPATCH', text: ({ dispatch }) => dispatch, wide: true },
      { ...ageColumn(({ startedAt }) => startedAt, now), wide: true },
      {
        header: 'MESSAGE',
        fit: 'wrap',
        text: ({ problems, dispatchProblem }) =>
          [
            ...problems.map(explain),
            ...(dispatchProblem === null
              ? []
              : [`polls, because wake-ups do not arrive: ${dispatchProblem}`]),
          ].join('; '),
        wide: true,
      },
    ],
    name: workerName,
    whenEmpty: "No workers. Start one with 'ocpctl server --role worker'.",
  });
}

/** Host and process. */
function workerName({ host, pid }: WorkerDocument): string {
  return `${host}:${pid}`;
}

function explain({ jobTypes, message }: WorkerDocument['problems'][number]): string {
  return `no ${jobTypes.join(', ')}: ${message}`;
}

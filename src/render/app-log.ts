import type { AppLogLine } from '../contract/documents.ts';
import { printable } from '../contract/escape.ts';
import { clockTime } from './format.ts';
import { type ListView, listView } from './view.ts';

/** A line as text: `15:04:05Z [release 3 replica 0] message`, or with the run `[run 12]`. @param isLabelled with the instance, because there are several */
export function logLineText({ at, release, replica, run, text }: AppLogLine, isLabelled: boolean): string {
  const instance = run === null ? `release ${release} replica ${replica}` : `run ${run}`;
  const label = isLabelled && release !== null ? ` [${instance}]` : '';
  return `${clockTime(at)}${label} ${printable(text)}`.trimEnd();
}

/** Lines of the log of a service as rows. */
export function logLineList(lines: readonly AppLogLine[]): ListView<AppLogLine> {
  return listView({
    document: lines[0] ?? null,
    rows: lines,
    name: ({ seq }) => String(seq),
    columns: [
      { header: 'AT', text: ({ at }) => at },
      { header: 'INSTANCE', text: ({ instanceId }) => instanceId },
      { header: 'RELEASE', text: ({ release }) => (release === null ? '' : String(release)) },
      { header: 'REPLICA', text: ({ replica }) => (replica === null ? '' : String(replica)) },
      { header: 'RUN', text: ({ run }) => (run === null ? '' : String(run)) },
      { header: 'STREAM', text: ({ stream }) => stream },
      { header: 'TEXT', text: ({ text }) => text },
    ],
  });
}

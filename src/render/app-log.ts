import type { AppLogLine } from '../contract/documents.ts';
import { type ListView, listView } from './view.ts';

/** Lines of the log of a service as rows. */
export function logLineList(lines: readonly AppLogLine[]): ListView<AppLogLine> {
  return listView({
    document: lines[0] ?? null,
    rows: lines,
    name: ({ seq }) => String(seq),
    columns: [
      { header: 'AT', text: ({ at }) => at },
      { header: 'INSTANCE', text: ({ instanceId }) => instanceId },
      { header: 'STREAM', text: ({ stream }) => stream },
      { header: 'TEXT', text: ({ text }) => text },
    ],
  });
}

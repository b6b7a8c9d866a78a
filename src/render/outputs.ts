import type { ClusterOutputs } from '../contract/documents.ts';
import { type ListView, listView } from './view.ts';

/** The table of `ocpctl outputs`: KEY VALUE. */
export function outputsView(outputs: ClusterOutputs, name: string): ListView<readonly [string, string]> {
  const rows = Object.entries(outputs).map(([key, value]) => [key, value ?? ''] as const);
  return listView({
    document: outputs,
    rows,
    columns: [
      { header: 'KEY', text: ([key]) => key },
      { header: 'VALUE', text: ([, value]) => value },
    ],
    name: () => name,
  });
}

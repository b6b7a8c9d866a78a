import type { SandboxFault, SandboxFaultPreset } from '../contract/documents.ts';
import { type ListView, listDocument, listView } from './view.ts';

/** The table of `ocpctl sandbox faults list`. */
export function sandboxFaultList(faults: readonly SandboxFault[]): ListView<SandboxFault> {
  return listView({
    document: listDocument(faults),
    rows: faults,
    columns: [
      { header: 'PRESET', text: ({ preset }) => preset ?? '' },
      { header: 'STAGE', text: ({ stage }) => stage },
      { header: 'KIND', text: ({ kind }) => kind },
      { header: 'CLUSTER', text: ({ clusterName }) => clusterName ?? 'all' },
      { header: 'OCCURRED', text: ({ times, used }) => (times === null ? 'always' : `${used} of ${times}`) },
      { header: 'ID', text: ({ id }) => id, wide: true },
    ],
    name: ({ id }) => id,
  });
}

/** The table of `ocpctl sandbox faults list --available`. */
export function faultPresetList(presets: readonly SandboxFaultPreset[]): ListView<SandboxFaultPreset> {
  return listView({
    document: listDocument(presets),
    rows: presets,
    columns: [
      { header: 'PRESET', text: ({ name }) => name },
      { header: 'DESCRIPTION', text: ({ description }) => description },
    ],
    name: ({ name }) => name,
  });
}

import { type RecordView, recordView } from './view.ts';

/** The result of `ocpctl version`. */
export function versionRecord(document: { version: string; node: string; platform: string }): RecordView {
  const fields = [
    ['Version', document.version],
    ['Node', document.node],
    ['Platform', document.platform],
  ] as const;
  return recordView({ document, name: document.version, blocks: [{ title: 'ocpctl', fields }] });
}

import { type ListView, listDocument, listView } from './view.ts';

interface KubeconfigContext {
  readonly context: string;
  readonly clusterId: string;
  readonly file: string;
}

/** The table of `ocpctl kubeconfig`: CONTEXT CLUSTER FILE. */
export function kubeconfigContextList<Row extends KubeconfigContext>(
  contexts: readonly Row[],
): ListView<Row> {
  return listView({
    document: listDocument(contexts),
    rows: contexts,
    columns: [
      { header: 'CONTEXT', text: ({ context }) => context },
      { header: 'CLUSTER', text: ({ clusterId }) => clusterId },
      { header: 'FILE', fit: 'never', text: ({ file }) => file },
    ],
    name: ({ context }) => context,
    whenEmpty: 'Nothing was removed.',
  });
}

import type { RetentionRuleDocument } from '../contract/documents.ts';
import { type ListView, listView } from './view.ts';

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
      { header: 'MEANING', text: ({ meaning }) => meaning },
    ],
    name: ({ name }) => name,
  });
}

import type { AuditEventDocument } from '../contract/documents.ts';
import { toJson } from '../contract/escape.ts';
import { ageColumn } from './format.ts';
import type { Style } from './paint.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

/** The merged result of all verification calls. */
export interface AuditReport {
  readonly events: number;
  readonly streams: readonly string[];
  readonly faults: readonly AuditFault[];
  readonly anchors: number;
  readonly anchorsKept: boolean;
  readonly keyId: string | null;
}

interface AuditFault {
  readonly stream: string;
  readonly seq: number;
  readonly cause: string;
  readonly anchor: string | null;
}

const STATUS_STYLES: Readonly<Record<string, Style>> = { SUCCESS: 'green', FAILURE: 'yellow', DENIED: 'red' };

const MEANINGS: Readonly<Record<string, string>> = {
  changed: 'the event was modified',
  unlinked: 'the event does not link to the previous one',
  missing: 'the event was deleted',
  rewritten: 'the event differs from the one that an audit anchor signed',
  headless: 'the head of the chain was deleted',
  'anchor-forged': 'an audit anchor was not signed by this installation',
  'anchor-missing': 'an audit anchor was deleted',
  'anchor-late': 'the chain was not signed for more than a day',
};

/** The table of `ocpctl admin audit list`. */
export function auditList(events: readonly AuditEventDocument[], now: Date): ListView<AuditEventDocument> {
  return listView({
    document: listDocument(events),
    rows: events,
    columns: auditColumns(now),
    name: ({ stream, seq }) => `${stream}/${seq}`,
    whenEmpty: 'No audit events found.',
  });
}

function auditColumns(now: Date): readonly TableColumn<AuditEventDocument>[] {
  return [
    ageColumn(({ at }) => at, now),
    { header: 'ACTOR', text: ({ actor }) => actor },
    { header: 'ACTION', text: ({ action }) => action },
    { header: 'TARGET', text: ({ target }) => target },
    { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
    { header: 'REQUEST', text: ({ requestId }) => requestId, wide: true },
    { header: 'SOURCE', text: ({ sourceIp }) => sourceIp, wide: true },
    { header: 'STREAM', text: ({ stream }) => stream, wide: true },
    { header: 'SEQ', text: ({ seq }) => String(seq), wide: true, align: 'right' },
    { header: 'DETAIL', fit: 'wrap', text: ({ metadata }) => detailOf(metadata), wide: true },
  ];
}

function detailOf(metadata: AuditEventDocument['metadata']): string {
  return Object.entries(metadata)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : toJson(value)}`)
    .join(' ');
}

/** The table of `ocpctl admin audit verify`. */
export function auditFaultList(report: AuditReport): ListView<AuditFault> {
  return listView({
    document: report,
    rows: report.faults,
    columns: [
      { header: 'STREAM', text: ({ stream }) => stream },
      { header: 'SEQ', text: ({ seq }) => (seq === 0 ? '' : String(seq)), align: 'right' },
      { header: 'FAULT', text: ({ cause }) => cause, style: () => 'red' },
      { header: 'MEANING', fit: 'wrap', text: ({ cause }) => MEANINGS[cause] ?? cause },
      { header: 'ANCHOR', text: ({ anchor }) => anchor ?? '' },
    ],
    name: ({ stream, seq }) => `${stream}/${seq}`,
  });
}

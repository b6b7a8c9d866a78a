import type { AuditEventDocument } from '../contract/documents.ts';
import type { Style } from './paint.ts';
import { age } from './time-format.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

/** What `verify` found, with the parts of a long trail added up. */
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
  changed: 'the event is not what it was when it was written',
  unlinked: 'the event does not follow the one before it',
  missing: 'the event is gone',
  rewritten: 'the event is not the one that an anchor signed',
  headless: 'the row that ends the chain is gone',
  'anchor-forged': 'an anchor was not signed by this installation',
  'anchor-missing': 'an anchor is gone',
};

/** The table of `ocpctl admin audit list`. */
export function auditList(events: readonly AuditEventDocument[], now: Date): ListView<AuditEventDocument> {
  return listView({
    document: listDocument(events),
    rows: events,
    columns: auditColumns(now),
    name: ({ stream, seq }) => `${stream}/${seq}`,
  });
}

function auditColumns(now: Date): readonly TableColumn<AuditEventDocument>[] {
  return [
    { header: 'AGE', text: ({ at }) => age(at, now), exact: ({ at }) => at },
    { header: 'ACTOR', text: ({ actor }) => actor },
    { header: 'ACTION', text: ({ action }) => action },
    { header: 'TARGET', text: ({ target }) => target },
    { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
    { header: 'REQUEST', text: ({ requestId }) => requestId, wide: true },
    { header: 'SOURCE', text: ({ sourceIp }) => sourceIp, wide: true },
    { header: 'STREAM', text: ({ stream }) => stream, wide: true },
    { header: 'SEQ', text: ({ seq }) => String(seq), wide: true, align: 'right' },
    { header: 'DETAIL', text: ({ metadata }) => detailOf(metadata), wide: true },
  ];
}

function detailOf(metadata: AuditEventDocument['metadata']): string {
  return Object.entries(metadata)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** The table of `ocpctl admin audit verify`: what is wrong, and where. */
export function auditFaultList(report: AuditReport): ListView<AuditFault> {
  return listView({
    document: report,
    rows: report.faults,
    columns: [
      { header: 'STREAM', text: ({ stream }) => stream },
      { header: 'SEQ', text: ({ seq }) => (seq === 0 ? '' : String(seq)), align: 'right' },
      { header: 'FAULT', text: ({ cause }) => cause, style: () => 'red' },
      { header: 'MEANING', text: ({ cause }) => MEANINGS[cause] ?? cause },
      { header: 'ANCHOR', text: ({ anchor }) => anchor ?? '' },
    ],
    name: ({ stream, seq }) => `${stream}/${seq}`,
  });
}

import type { Approval } from '../contract/documents.ts';
import { ageColumn, relativeTime } from './format.ts';
import type { Style } from './paint.ts';
import { type ListView, listDocument, listView, type TableColumn } from './view.ts';

const STATUS_STYLES: Readonly<Record<string, Style>> = {
  PENDING: 'yellow',
  APPROVED: 'green',
  DENIED: 'red',
  USED: 'dim',
  EXPIRED: 'dim',
};

/** The table of `ocpctl admin approvals list`. */
export function approvalList(approvals: readonly Approval[], now: Date): ListView<Approval> {
  return listView({
    document: listDocument(approvals),
    rows: approvals,
    columns: approvalColumns(now),
    name: ({ id }) => id,
    whenEmpty: 'No approvals. Requests that need one are listed here.',
  });
}

/** The result of `approve` and `deny`. */
export function decidedApproval(approval: Approval, now: Date): ListView<Approval> {
  return listView({
    document: approval,
    rows: [approval],
    columns: approvalColumns(now),
    name: ({ id }) => id,
  });
}

function approvalColumns(now: Date): readonly TableColumn<Approval>[] {
  return [
    { header: 'ID', text: ({ id }) => id },
    { header: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
    { header: 'REQUESTED BY', text: ({ requestedBy }) => requestedBy },
    { header: 'ACTION', fit: 'wrap', text: ({ detail }) => detail },
    { header: 'TARGET', text: ({ target }) => target },
    { header: 'REASON', fit: 'wrap', text: ({ reason }) => reason },
    {
      header: 'EXPIRES',
      text: (approval) => (isOpen(approval) ? relativeTime(approval.expiresAt, now) : ''),
      exact: ({ expiresAt }) => expiresAt,
    },
    { ...ageColumn(({ requestedAt }) => requestedAt, now), wide: true },
    { header: 'TEAM', text: ({ team }) => team, wide: true },
    { header: 'DECIDED BY', text: ({ decidedBy }) => decidedBy ?? '', wide: true },
    { header: 'DECISION REASON', text: ({ decisionReason }) => decisionReason ?? '', wide: true },
  ];
}

function isOpen({ status }: Approval): boolean {
  return status === 'PENDING' || status === 'APPROVED';
}

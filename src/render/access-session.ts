import type { AccessSession, SessionsEndedDocument } from '../contract/documents.ts';
import { ageColumn, relativeTime } from './format.ts';
import { type ListView, listDocument, listView } from './view.ts';

/** The table of `ocpctl admin sessions list`. */
export function sessionList(sessions: readonly AccessSession[], now: Date): ListView<AccessSession> {
  return listView({
    document: listDocument(sessions),
    rows: sessions,
    columns: [
      { header: 'ID', text: ({ id }) => id },
      { header: 'PRINCIPAL', text: ({ principal }) => principal },
      { header: 'CLAIMS', text: ({ claimedSession }) => claimedSession ?? '' },
      ageColumn(({ createdAt }) => createdAt, now),
      {
        header: 'EXPIRES',
        text: ({ expiresAt }) => relativeTime(expiresAt, now),
        exact: ({ expiresAt }) => expiresAt,
      },
      { header: 'ARN', text: ({ arn }) => arn, wide: true },
    ],
    name: ({ id }) => id,
    whenEmpty: "No sessions. 'ocpctl login' begins one with AWS credentials.",
  });
}

/** The result of `sessions revoke`. */
export function sessionsEnded(
  ended: SessionsEndedDocument,
  did: 'REVOKED' | 'WOULD REVOKE',
): ListView<SessionsEndedDocument> {
  return listView({
    document: ended,
    rows: [ended],
    columns: [
      { header: 'PRINCIPAL', text: ({ principal }) => principal },
      { header: 'CHANGE', text: ({ sessions }) => (sessions > 0 ? did : 'NONE') },
      { header: 'SESSIONS', text: ({ sessions }) => String(sessions), align: 'right' },
    ],
    name: ({ principal }) => principal,
  });
}

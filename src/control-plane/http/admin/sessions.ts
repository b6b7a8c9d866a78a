import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import { authorizedByRole, type HandlersOf, query } from '../../kernel/api/handler.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { Listing } from '../../kernel/listing.ts';
import { endSessionsOf, planSessionEnd } from '../../kernel/sessions/end-sessions.ts';
import { pageSessions } from '../../kernel/sessions/sessions.sql.ts';

const PAGE = 50;
const SESSIONS = new Listing('sessions', z.tuple([z.string().max(300), z.string().max(40)]));

/** Who is signed in with AWS credentials, and the end of that. */
export function sessionHandlers(db: Db): HandlersOf<'listSessions' | 'revokeSessions'> {
  return {
    listSessions: query(async ({ caller, query }) => {
      const { principal = null, limit = PAGE, cursor } = query;
      const [afterPrincipal, afterId] = SESSIONS.decodeCursor(cursor, caller.principal) ?? ['', ''];
      const rows = await db.query(pageSessions, { afterPrincipal, afterId, principal, limit: limit + 1 });
      const page = SESSIONS.page(rows, limit, caller.principal, (row) => [row.principal, row.id]);
      return { items: page.rows.map(presentSession), nextCursor: page.nextCursor };
    }),
    revokeSessions: {
      kind: 'command',
      action: 'auth.session.revoke',
      status: 200,
      authorizeReplay: authorizedByRole,
      preview: ({ query }) => (query.dryRun ? planSessionEnd(db, query.principal) : undefined),
      run: (tx, { caller, query }) => endSessionsOf(tx, caller, query.principal),
    },
  };
}

function presentSession(row: RowOf<typeof pageSessions>): components['schemas']['AccessSession'] {
  const { createdAt, expiresAt, ...rest } = row;
  return { ...rest, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}

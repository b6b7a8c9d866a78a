import { z } from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { endSessionsOf, planEnd } from '../../kernel/sessions/end-sessions-of.ts';
import { pageSessions } from '../../kernel/sessions/store.ts';
import { type Handlers, reading } from '../handler.ts';
import { readPlace, writePlace } from './page-cursor.ts';

const PAGE = 50;
const PLACE = { principal: z.string().max(300), id: z.string().max(40) };

/** Who is signed in with AWS credentials, and the end of that. */
export function sessionHandlers(db: Db): Pick<Handlers, 'listSessions' | 'revokeSessions'> {
  return {
    listSessions: reading(async ({ caller, query }) => {
      const { principal = null, limit = PAGE, cursor } = query;
      const place =
        cursor === undefined ? { principal: '', id: '' } : readPlace(PLACE, cursor, caller.principal);
      const after = { afterPrincipal: place.principal, afterId: place.id };
      const rows = await db.query(pageSessions, { ...after, principal, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        items: shown.map(presentSession),
        nextCursor: last ? writePlace({ principal: last.principal, id: last.id }, caller.principal) : null,
      };
    }),
    revokeSessions: {
      kind: 'mutation',
      action: 'auth.session.revoke',
      status: 200,
      // The pipeline has judged the caller's right to this anew.
      mayReplay: async () => {},
      preview: ({ query }) => (query.dryRun ? planEnd(db, query.principal) : undefined),
      run: (tx, { caller, query }) => endSessionsOf(tx, caller, query.principal),
    },
  };
}

function presentSession(row: RowOf<typeof pageSessions>): components['schemas']['AccessSession'] {
  const { createdAt, expiresAt, ...rest } = row;
  return { ...rest, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}

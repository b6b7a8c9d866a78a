import { string } from '@oclif/core/flags';
import type { ApiClient, DataOf } from '../../client/api-client.ts';
import { MAX_PAGE, pages } from '../../client/pages.ts';
import type { paths } from '../../contract/api.gen.ts';
import type { AuditEventDocument } from '../../contract/documents.ts';
import { omitUndefined, timestamp, wholeNumber } from '../flags/flag-values.ts';

export type AuditQuery = Omit<
  NonNullable<paths['/v1/admin/audit/events']['get']['parameters']['query']>,
  'limit' | 'cursor'
>;
export type AuditVerification = Omit<DataOf<'/v1/admin/audit/verification', 'get'>, 'nextCursor'>;

const STATUSES = ['SUCCESS', 'FAILURE', 'DENIED'] as const;

/** Filters of `audit list` and `audit export`. */
export const AUDIT_FILTERS = {
  actor: string({ description: 'Filter by principal', helpValue: 'PRINCIPAL' }),
  action: string({ description: 'Filter by action, or by the beginning of it', helpValue: 'ACTION' }),
  target: string({ description: 'Filter by id of the target', helpValue: 'ID' }),
  status: string({
    description: `Filter by status: ${STATUSES.join(', ')}`,
    helpValue: 'STATUS',
    options: [...STATUSES],
  }),
  since: string({ description: 'Show events since a time, or since a duration ago', helpValue: 'TIME' }),
  until: string({ description: 'Show events before a time, or before a duration ago', helpValue: 'TIME' }),
  'request-id': string({ description: 'Filter by request id', helpValue: 'ID' }),
  after: string({
    description: 'Show events of --stream after this sequence number',
    helpValue: 'SEQ',
    dependsOn: ['stream'],
  }),
  stream: string({ description: 'Filter by chain: a team, or _platform', helpValue: 'STREAM' }),
};

interface AuditFilterFlags {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  readonly status?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly 'request-id'?: string | undefined;
  readonly stream?: string | undefined;
  readonly after?: string | undefined;
}

/** @throws UsageError if a time is invalid */
export function auditQuery(flags: AuditFilterFlags, order: 'newest' | 'oldest', now: Date): AuditQuery {
  const { actor, action, target, since, until, stream, 'request-id': requestId } = flags;
  return omitUndefined({
    order,
    actor,
    action,
    target,
    stream,
    requestId,
    after: flags.after === undefined ? undefined : wholeNumber('after', flags.after, 0),
    status: STATUSES.find((name) => name === flags.status),
    since: since === undefined ? undefined : timestamp('since', since, now, 'past').toISOString(),
    until: until === undefined ? undefined : timestamp('until', until, now, 'past').toISOString(),
  });
}

/** The matching events, page by page, so that a long log does not have to fit in memory. */
export async function* auditPages(
  client: ApiClient,
  query: AuditQuery,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<readonly AuditEventDocument[]> {
  let left = limit;
  const fetchPage = async (cursor?: string) => {
    const page = { limit: Math.min(MAX_PAGE, left), ...(cursor ? { cursor } : {}) };
    return (await client.GET('/v1/admin/audit/events', { params: { query: { ...query, ...page } } })).data;
  };
  for await (const { items } of pages(fetchPage)) {
    yield items;
    left -= items.length;
    if (left <= 0) return;
  }
}

/** Verifies the whole log page by page and merges the results. */
export async function verifyAuditLog(
  client: ApiClient,
  onProgress: (events: number) => void,
): Promise<AuditVerification> {
  const parts: AuditVerification[] = [];
  const fetchPage = async (cursor?: string) => {
    const query = cursor === undefined ? {} : { cursor };
    const { nextCursor, ...part } = (await client.GET('/v1/admin/audit/verification', { params: { query } }))
      .data;
    return { items: [part], nextCursor };
  };
  let events = 0;
  for await (const { items } of pages(fetchPage)) {
    parts.push(...items);
    events += items.reduce((sum, part) => sum + part.events, 0);
    onProgress(events);
  }
  const last = parts.at(-1);
  return {
    events,
    streams: [...new Set(parts.flatMap((part) => part.streams))],
    faults: parts.flatMap((part) => part.faults),
    anchors: last?.anchors ?? 0,
    anchorsKept: last?.anchorsKept ?? false,
    keyId: last?.keyId ?? null,
  };
}

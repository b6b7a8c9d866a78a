import type { ApiClient } from '../client/client.ts';
import { collect } from '../client/pages.ts';
import type { paths } from '../contract/api.gen.ts';
import type { AccessKey, AccessSession, Grant } from '../render/documents.ts';
import { defined } from './defined.ts';

type GrantFilter = Omit<
  NonNullable<paths['/v1/admin/grants']['get']['parameters']['query']>,
  'limit' | 'cursor'
>;

/** All grants that match. */
export function listGrants(client: ApiClient, filter: GrantFilter): Promise<Grant[]> {
  return collect(async (page) => {
    return (await client.GET('/v1/admin/grants', { params: { query: { ...filter, ...page } } })).data;
  });
}

/** All keys, or those of one principal. */
export function listKeys(client: ApiClient, principal: string | undefined): Promise<AccessKey[]> {
  const filter = defined({ principal });
  return collect(async (page) => {
    return (await client.GET('/v1/admin/keys', { params: { query: { ...filter, ...page } } })).data;
  });
}

/** All sessions that count now, or those of one principal. */
export function listSessions(client: ApiClient, principal: string | undefined): Promise<AccessSession[]> {
  const filter = defined({ principal });
  return collect(async (page) => {
    return (await client.GET('/v1/admin/sessions', { params: { query: { ...filter, ...page } } })).data;
  });
}

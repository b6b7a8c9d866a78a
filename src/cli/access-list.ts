import type { ApiClient } from '../client/client.ts';
import { pages } from '../client/pages.ts';
import type { paths } from '../contract/api.gen.ts';
import type { AccessKey, Grant } from '../render/documents.ts';

type GrantFilter = Omit<
  NonNullable<paths['/v1/admin/grants']['get']['parameters']['query']>,
  'limit' | 'cursor'
>;

const MAX_PAGE = 200;

/** All grants that match, over all pages. */
export async function listGrants(client: ApiClient, filter: GrantFilter): Promise<Grant[]> {
  const grants: Grant[] = [];
  const fetchPage = async (cursor?: string) => {
    const query = { ...filter, limit: MAX_PAGE, ...(cursor && { cursor }) };
    return (await client.GET('/v1/admin/grants', { params: { query } })).data;
  };
  for await (const { items } of pages(fetchPage)) grants.push(...items);
  return grants;
}

/** All keys, or those of one principal, over all pages. */
export async function listKeys(client: ApiClient, principal: string | undefined): Promise<AccessKey[]> {
  const keys: AccessKey[] = [];
  const fetchPage = async (cursor?: string) => {
    const query = { ...(principal && { principal }), limit: MAX_PAGE, ...(cursor && { cursor }) };
    return (await client.GET('/v1/admin/keys', { params: { query } })).data;
  };
  for await (const { items } of pages(fetchPage)) keys.push(...items);
  return keys;
}

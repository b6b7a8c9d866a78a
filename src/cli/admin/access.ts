import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { paths } from '../../contract/api.gen.ts';
import type {
  AccessKeyDocument,
  AccessSession,
  GrantDocument,
  WorkerDocument,
} from '../../contract/documents.ts';
import { omitUndefined } from '../flags/flag-values.ts';

type GrantFilter = Omit<
  NonNullable<paths['/v1/admin/grants']['get']['parameters']['query']>,
  'limit' | 'cursor'
>;

/** All matching grants. */
export function fetchGrants(client: ApiClient, filter: GrantFilter): Promise<GrantDocument[]> {
  return collect(async (page) => {
    return (await client.GET('/v1/admin/grants', { params: { query: { ...filter, ...page } } })).data;
  });
}

/** All keys, or those of one principal. */
export function fetchAccessKeys(
  client: ApiClient,
  principal: string | undefined,
): Promise<AccessKeyDocument[]> {
  const filter = omitUndefined({ principal });
  return collect(async (page) => {
    return (await client.GET('/v1/admin/keys', { params: { query: { ...filter, ...page } } })).data;
  });
}

/** All active sessions, or those of one principal. */
export function fetchAccessSessions(
  client: ApiClient,
  principal: string | undefined,
): Promise<AccessSession[]> {
  const filter = omitUndefined({ principal });
  return collect(async (page) => {
    return (await client.GET('/v1/admin/sessions', { params: { query: { ...filter, ...page } } })).data;
  });
}

/** All running workers, and those that stopped answering in the last hour. */
export function fetchWorkers(client: ApiClient): Promise<WorkerDocument[]> {
  return collect(async (page) => {
    return (await client.GET('/v1/admin/workers', { params: { query: page } })).data;
  });
}

import { type ApiClient, idempotencyKey } from '../client/client.ts';
import { pages } from '../client/pages.ts';
import type { Approval } from '../render/documents.ts';

export const APPROVAL_STATUSES = ['PENDING', 'APPROVED', 'DENIED', 'USED', 'EXPIRED'] as const;

const MAX_PAGE = 200;

export async function listApprovals(client: ApiClient, statusName: string | undefined): Promise<Approval[]> {
  const status = APPROVAL_STATUSES.find((name) => name === statusName);
  const approvals: Approval[] = [];
  const fetchPage = async (cursor?: string) => {
    const query = { limit: MAX_PAGE, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) };
    return (await client.GET('/v1/admin/approvals', { params: { query } })).data;
  };
  for await (const { items } of pages(fetchPage)) approvals.push(...items);
  return approvals;
}

export async function decideApproval(
  client: ApiClient,
  id: string,
  decision: 'approve' | 'deny',
  reason: string | undefined,
): Promise<Approval> {
  const { data } = await client.POST('/v1/admin/approvals/{id}/decision', {
    params: { path: { id }, header: { 'idempotency-key': idempotencyKey() } },
    body: { decision, ...(reason === undefined ? {} : { reason }) },
  });
  return data;
}

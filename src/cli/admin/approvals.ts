import { type ApiClient, idempotencyKey } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { Approval } from '../../contract/documents.ts';
import { omitUndefined } from '../flags/flag-values.ts';

export const APPROVAL_STATUSES = ['PENDING', 'APPROVED', 'DENIED', 'USED', 'EXPIRED'] as const;

export function fetchApprovals(client: ApiClient, statusName: string | undefined): Promise<Approval[]> {
  const filter = omitUndefined({ status: APPROVAL_STATUSES.find((name) => name === statusName) });
  return collect(async (page) => {
    return (await client.GET('/v1/admin/approvals', { params: { query: { ...filter, ...page } } })).data;
  });
}

export async function submitDecision(
  client: ApiClient,
  id: string,
  {
    decision,
    reason,
    dryRun,
  }: {
    readonly decision: 'approve' | 'deny';
    readonly reason: string | undefined;
    readonly dryRun: boolean;
  },
): Promise<Approval> {
  const { data } = await client.POST('/v1/admin/approvals/{id}/decision', {
    params: { path: { id }, query: { dryRun }, header: { 'idempotency-key': idempotencyKey() } },
    body: { decision, ...omitUndefined({ reason }) },
  });
  return data;
}

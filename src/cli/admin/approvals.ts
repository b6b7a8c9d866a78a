import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { Approval } from '../../contract/documents.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';

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
  decision: 'approve' | 'deny',
  flags: SendOnceOptions['flags'] & { readonly reason?: string | undefined; readonly 'dry-run': boolean },
): Promise<Approval> {
  const { data } = await sendOnce({ flags, check: 'ocpctl admin approvals list' }, (key) =>
    client.POST('/v1/admin/approvals/{id}/decision', {
      params: { path: { id }, query: { dryRun: flags['dry-run'] }, header: { 'idempotency-key': key } },
      body: { decision, ...omitUndefined({ reason: flags.reason }) },
    }),
  );
  return data;
}

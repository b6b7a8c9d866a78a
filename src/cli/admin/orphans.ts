import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { Orphan, OrphanSweeps } from '../../contract/documents.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import { awaitJob } from '../jobs/await-cluster.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';

export const ORPHAN_STATUSES = [
  'SEEN',
  'ORPHANED',
  'FOREIGN',
  'IGNORED',
  'SWEEPING',
  'SWEPT',
  'GONE',
  'IN_USE',
] as const;

/** @param statusName undefined: those that are open */
export function fetchOrphans(client: ApiClient, statusName?: string): Promise<Orphan[]> {
  const filter = omitUndefined({ status: ORPHAN_STATUSES.find((name) => name === statusName) });
  return collect(async (page) => {
    return (await client.GET('/v1/admin/orphans', { params: { query: { ...filter, ...page } } })).data;
  });
}

/**
 * The id of an orphan: ids are taken as they are, an infraID is that of an open orphan, or else of the one that was swept last.
 * @throws CliError NOT_FOUND, AMBIGUOUS_NAME
 */
export async function resolveOrphanId(client: ApiClient, reference: string): Promise<string> {
  if (/^orp_[0-9a-z]{26}$/.test(reference)) return reference;
  const found = (await fetchOrphans(client)).filter(({ infraId }) => infraId === reference);
  if (found.length === 0) {
    const swept = (await fetchOrphans(client, 'SWEPT')).filter(({ infraId }) => infraId === reference);
    const [newest] = swept.sort((a, b) => b.lastSeenAt.localeCompare(a.lastSeenAt));
    if (newest !== undefined) return newest.id;
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.id;
  if (found.length > 1) {
    throw new CliError(
      'AMBIGUOUS_NAME',
      `the infraID "${reference}" is ambiguous: ${found.length} orphans have it`,
      {
        exitCode: EXIT.conflict,
        hint: `use an id: ${found.map(({ id, account }) => `${id} (account ${account})`).join(', ')}`,
      },
    );
  }
  throw new CliError('NOT_FOUND', `orphan "${reference}" not found`, {
    exitCode: EXIT.notFound,
    hint: "'ocpctl admin orphans list' shows the open ones; with --status GONE or IN_USE those that were closed",
  });
}

export async function submitIgnore(
  client: ApiClient,
  id: string,
  flags: SendOnceOptions['flags'] & {
    readonly reason?: string | undefined;
    readonly undo: boolean;
    readonly 'dry-run': boolean;
  },
): Promise<Orphan> {
  const body = { ignored: !flags.undo, ...omitUndefined({ reason: flags.reason }) };
  const { data } = await sendOnce({ flags, check: `ocpctl admin orphans show ${id}` }, (key) =>
    client.POST('/v1/admin/orphans/{id}/ignore', {
      params: { path: { id }, query: { dryRun: flags['dry-run'] }, header: { 'idempotency-key': key } },
      body,
    }),
  );
  return data;
}

/** Requests the sweep of all, or with `dry-run` shows it. */
export async function submitSweep(
  client: ApiClient,
  orphans: readonly Pick<Orphan, 'id' | 'infraId'>[],
  flags: SendOnceOptions['flags'] & { readonly reason?: string | undefined; readonly 'dry-run': boolean },
): Promise<OrphanSweeps> {
  const body = {
    orphans: orphans.map(({ id, infraId }) => ({ id, infraId })),
    ...omitUndefined({ reason: flags.reason }),
  };
  const { data } = await sendOnce({ flags, check: 'ocpctl admin orphans list' }, (key) =>
    client.POST('/v1/admin/orphans/sweep', {
      params: { query: { dryRun: flags['dry-run'] }, header: { 'idempotency-key': key } },
      body,
    }),
  );
  return data;
}

/**
 * Follows the sweeps, one after the other, until nothing is left.
 * @throws OperationFailedError with the cause of the first that failed
 */
export async function waitUntilSwept(
  session: Session,
  { items }: OrphanSweeps,
  timeoutMs: number,
): Promise<OrphanSweeps> {
  const ended: OrphanSweeps['items'] = [];
  for (const item of items) {
    if (item.job === null) continue;
    const { id } = item.job;
    const resumeCommand = `ocpctl wait ${id}`;
    const job = await interruptibleWait(
      { timeoutMs, what: `the sweep of ${item.orphan.infraId} continues`, resumeCommand },
      (signal) => awaitJob(session, id, signal),
    );
    const params = { path: { id: item.orphan.id } };
    const { orphan } = (await session.client.GET('/v1/admin/orphans/{id}', { params })).data;
    ended.push({ ...item, orphan, job });
  }
  return { items: ended };
}

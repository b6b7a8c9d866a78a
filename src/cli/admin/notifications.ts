import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import type { ApiClient } from '../../client/api-client.ts';
import { systemClientClock } from '../../client/client-clock.ts';
import { collect } from '../../client/pages.ts';
import type { components } from '../../contract/api.gen.ts';
import type {
  NewNotificationTarget,
  NotificationDelivery,
  NotificationTarget,
  NotificationTargetPlan,
} from '../../contract/documents.ts';
import { CliError, UsageError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { omitUndefined } from '../flags/flag-values.ts';
import type { Io } from '../output/io.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';

type Schemas = components['schemas'];

export const KINDS = [
  'webhook',
  'slack',
  'sns',
] as const satisfies readonly Schemas['NotificationTargetKind'][];
export const DELIVERY_STATUSES = [
  'PENDING',
  'DELIVERED',
  'FAILED',
] as const satisfies readonly Schemas['NotificationDeliveryStatus'][];
export const NOTIFICATION_EVENTS = [
  'cluster.ready',
  'cluster.failed',
  'cluster.expired',
  'cluster.destroyed',
  'cluster.destroy_failed',
  'budget.threshold',
  'budget.exceeded',
] as const satisfies readonly Schemas['NotificationEventType'][];

/** @throws UsageError without a URL, or when its file cannot be read */
export async function readUrl(
  flags: {
    readonly kind: string;
    readonly url?: string | undefined;
    readonly 'url-file'?: string | undefined;
  },
  io: Io,
): Promise<string> {
  const { url, 'url-file': file } = flags;
  if (url !== undefined && flags.kind === 'slack')
    throw new UsageError('--url cannot be used with --kind slack: the URL is a credential', {
      hint: 'write it to a file and pass --url-file FILE, or --url-file - for stdin',
    });
  if (url !== undefined) return url;
  if (file === undefined) throw new UsageError('missing flag --url or --url-file');
  try {
    return (file === '-' ? await readText(io.stdin) : await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new UsageError(`cannot read --url-file ${file}`, { cause });
  }
}

/** Adds a target; with --dry-run, only checks the request. */
export async function submitTarget(
  client: ApiClient,
  flags: SendOnceOptions['flags'] & {
    readonly kind: string;
    readonly team?: string | undefined;
    readonly event?: readonly string[] | undefined;
    readonly 'dry-run': boolean;
  },
  name: string,
  url: string,
): Promise<NewNotificationTarget | NotificationTargetPlan> {
  const kind = KINDS.find((known) => known === flags.kind) ?? 'webhook';
  const eventTypes =
    flags.event === undefined ? undefined : NOTIFICATION_EVENTS.filter((type) => flags.event?.includes(type));
  const { data } = await sendOnce({ flags, check: 'ocpctl admin notifications list' }, (key) =>
    client.POST('/v1/admin/notifications', {
      params: { query: { dryRun: flags['dry-run'] }, header: { 'idempotency-key': key } },
      body: { name, kind, url, ...omitUndefined({ team: flags.team, eventTypes }) },
    }),
  );
  return data;
}

export function fetchTargets(client: ApiClient): Promise<NotificationTarget[]> {
  return collect(async (page) => {
    return (await client.GET('/v1/admin/notifications', { params: { query: page } })).data;
  });
}

export function fetchDeliveries(
  client: ApiClient,
  flags: {
    readonly target?: string | undefined;
    readonly status?: string | undefined;
    readonly event?: string | undefined;
  },
): Promise<NotificationDelivery[]> {
  const status = DELIVERY_STATUSES.find((known) => known === flags.status);
  const filter = omitUndefined({ target: flags.target, event: flags.event, status });
  return collect(async (page) => {
    return (
      await client.GET('/v1/admin/notification-deliveries', { params: { query: { ...filter, ...page } } })
    ).data;
  });
}

const POLL_MS = 500;
/** A janitor looks every 5 s, and a target has 15 s to answer. */
const AWAIT_MS = 30_000;

/**
 * Waits for the first attempt of a delivery.
 * @returns the delivery, and the error to end with when the target did not accept it
 */
export async function awaitDelivery(
  session: Session,
  { eventId, targetName }: NotificationDelivery,
): Promise<{ delivery: NotificationDelivery; failure: CliError | undefined }> {
  const until = systemClientClock.monotonicMs() + AWAIT_MS;
  for (;;) {
    const [delivery] = await fetchDeliveries(session.client, { target: targetName, event: eventId });
    if (delivery !== undefined && delivery.lastResult !== null) {
      return { delivery, failure: delivery.status === 'DELIVERED' ? undefined : notDelivered(delivery) };
    }
    if (systemClientClock.monotonicMs() > until) {
      throw new CliError('STILL_RUNNING', `the test event for ${targetName} is not sent yet`, {
        exitCode: EXIT.stillRunning,
        hint: `a server with the role janitor sends it; 'ocpctl admin notifications deliveries --event ${eventId}' shows it`,
      });
    }
    await systemClientClock.sleep(POLL_MS);
  }
}

function notDelivered({ targetName, lastResult, eventId, status }: NotificationDelivery): CliError {
  const next = status === 'PENDING' ? '; it is tried again' : '';
  return new CliError('NOT_DELIVERED', `${targetName} did not accept the test event: ${lastResult}${next}`, {
    exitCode: EXIT.operationFailed,
    hint: `'ocpctl admin notifications deliveries --event ${eventId}' shows the attempts`,
  });
}

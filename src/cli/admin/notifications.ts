import type { ApiClient } from '../../client/api-client.ts';
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
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import { type Io, readInput } from '../output/io.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';

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
  'cluster.scaled',
  'cluster.offhours_blocked',
  'cluster.expiring',
  'cluster.expired',
  'cluster.destroyed',
  'cluster.destroy_failed',
  'budget.threshold',
  'budget.exceeded',
  'orphans.found',
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
  return (await readInput(io, file)).trim();
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
 * @throws CliError NOT_DELIVERED when the target did not accept it
 */
export function awaitDelivery(
  client: ApiClient,
  { eventId, targetName }: NotificationDelivery,
): Promise<NotificationDelivery> {
  const options = {
    timeoutMs: AWAIT_MS,
    what: `the test event for ${targetName} was requested`,
    resumeCommand: deliveriesOf(eventId),
  };
  return interruptibleWait(options, async (signal) => {
    for (;;) {
      const [delivery] = await fetchDeliveries(client, { target: targetName, event: eventId });
      if (delivery !== undefined && delivery.lastResult !== null) {
        if (delivery.status !== 'DELIVERED') throw notDelivered(delivery);
        return delivery;
      }
      await client.clock.sleep(POLL_MS, signal);
    }
  });
}

const deliveriesOf = (eventId: string) => `ocpctl admin notifications deliveries --event ${eventId}`;

function notDelivered({ targetName, lastResult, eventId, status }: NotificationDelivery): CliError {
  const next = status === 'PENDING' ? '; it is tried again' : '';
  return new CliError('NOT_DELIVERED', `${targetName} did not accept the test event: ${lastResult}${next}`, {
    exitCode: EXIT.operationFailed,
    hint: `'${deliveriesOf(eventId)}' shows the attempts`,
  });
}

import { Webhook } from 'standardwebhooks';
import type { Clock } from '../clock.ts';
import type { Db } from '../db/db.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import type { AllowedNetworks } from './address-filter.ts';
import { sendSns } from './aws/sns.ts';
import { type ClaimedDelivery, claimDeliveries, settleDelivery } from './deliveries.sql.ts';
import { type AttemptResult, nextStep } from './delivery-schedule.ts';
import { CLOUD_EVENT_TYPE, cloudEvent, slackMessage } from './messages.ts';
import { sendHttp } from './send-http.ts';
import { disableTarget } from './targets.sql.ts';
import { readSigningSecret, TARGET_URL } from './targets.ts';

/** At a time. */
const BATCH = 50;
/** Longest time for one attempt: Standard Webhooks 1.0.0 recommends 15 to 30 s. */
const ATTEMPT_MS = 15_000;
const CLAIM_MS = 60_000;

export interface DeliverOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly allowedNetworks: AllowedNetworks;
  /** URI of the installation, the source of its CloudEvents. */
  readonly source: string;
  /** Of AWS's services; undefined: theirs. */
  readonly awsEndpoint: string | undefined;
  readonly intervalMs: number;
}

/**
 * Sends what is due to webhooks (signed by Standard Webhooks), Slack and SNS, at least once. A slow target delays the others by 15 s at
 * most; one that fails is asked again for three days, and then its deliveries are kept as dead letters.
 */
export function deliverNotificationsTask(options: DeliverOptions): PeriodicTask {
  return {
    name: 'deliver-notifications',
    intervalMs: options.intervalMs,
    async run(signal) {
      let [delivered, failed] = [0, 0];
      while (!signal.aborted) {
        const claimed = await options.db.query(claimDeliveries, { limit: BATCH, leaseMs: CLAIM_MS });
        if (claimed.length === 0) break;
        const results = await Promise.all(claimed.map((delivery) => deliver(options, delivery, signal)));
        // The claims of an interrupted run end by themselves.
        signal.throwIfAborted();
        delivered += results.filter((status) => status === 'DELIVERED').length;
        failed += results.filter((status) => status !== 'DELIVERED').length;
      }
      return delivered + failed > 0 ? { delivered, failed } : undefined;
    },
  };
}

async function deliver(
  options: DeliverOptions,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { targetId, eventId, attempts } = delivery;
  const outcome = await attempt(options, delivery, signal);
  if (outcome === undefined) return undefined;
  const step = nextStep(outcome, attempts, options.random());
  const retryInMs = step.status === 'PENDING' ? step.retryInMs : 0;
  const { status, result } = step;
  await options.db.query(settleDelivery, { targetId, eventId, attempts, status, result, retryInMs });
  if (step.status !== 'PENDING' && step.disables === true)
    await options.db.query(disableTarget, { id: targetId, reason: result });
  return status;
}

/**
 * What is wrong with one target, for example a secret that cannot be opened, is its result: the other deliveries go on.
 * @returns undefined when the server stops: the claim ends by itself, and another janitor tries again
 */
async function attempt(
  options: DeliverOptions,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<AttemptResult | undefined> {
  const timeout = AbortSignal.timeout(ATTEMPT_MS);
  try {
    return await send(options, delivery, AbortSignal.any([signal, timeout]));
  } catch (thrown) {
    if (signal.aborted) return undefined;
    const text = timeout.aborted ? `no answer within ${ATTEMPT_MS / 1_000} s` : errorCodeOf(thrown);
    return { kind: 'unreachable', text };
  }
}

/** The code of an error, or its kind: messages could contain a URL. */
function errorCodeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown error';
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
}

async function send(
  { db, secrets, clock, allowedNetworks, source, awsEndpoint: endpoint }: DeliverOptions,
  delivery: ClaimedDelivery,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const { targetId, eventId, kind } = delivery;
  if (kind === 'sns') return sendSns(delivery.address, delivery, { source, endpoint }, signal);
  const url = (await secrets.open(db, { ownerId: targetId, kind: TARGET_URL }))?.toString('utf8');
  if (url === undefined) return { kind: 'unreachable', text: 'the target was removed', isFinal: true };
  if (kind === 'slack') {
    const headers = { 'content-type': 'application/json' };
    return sendHttp({ url, headers, body: slackMessage(delivery) }, allowedNetworks, signal);
  }
  const secret = await readSigningSecret(db, secrets, targetId);
  if (secret === undefined) return { kind: 'unreachable', text: 'the target was removed', isFinal: true };
  const body = cloudEvent(delivery, source);
  const at = clock.now();
  const headers = {
    'content-type': CLOUD_EVENT_TYPE,
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(eventId, at, body),
  };
  return sendHttp({ url, headers, body }, allowedNetworks, signal);
}

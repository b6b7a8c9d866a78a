import { setTimeout as delay } from 'node:timers/promises';
import { idempotencyKey } from '../../../src/client/api-client.ts';
import { ApiError, UnreachableError } from '../../../src/client/api-error.ts';
import { createCluster, destroyCluster } from '../../e2e/clusters.ts';
import { chooseFaults } from './faults.ts';
import type { MarathonInstallation } from './installation.ts';
import type { Random } from './random.ts';

const PROFILE = 'aws-minimal-test';
const POLL_INTERVAL_MS = 250;
/** A cluster that is not done after so long is checked at the end of the run. */
const TIMEOUT_MS = 90_000;
const FINAL_STATUSES = new Set(['READY', 'DESTROYED', 'FAILED', 'DESTROY_FAILED']);

/** What servers said yes to: it has to be found at the end, whatever happened in between. */
export interface Ledger {
  readonly creates: {
    readonly id: string;
    readonly jobId: string;
    readonly key: string;
    readonly name: string;
  }[];
  readonly destroys: Set<string>;
}

export interface UserOptions {
  readonly installation: MarathonInstallation;
  readonly ledger: Ledger;
  readonly random: Random;
  /** No one starts anything after it aborts. */
  readonly closing: AbortSignal;
}

/** A person who makes one cluster after the other, and destroys nearly all of them, some before they are done. */
export async function simulateUser(team: string, options: UserOptions): Promise<void> {
  const { installation, ledger, random, closing } = options;
  for (let n = 1; !closing.aborted; n++) {
    const name = `${team}-${n}`;
    const chosen = chooseFaults(random, name);
    await installation.setFaultsOf(name, chosen.faults);
    const key = idempotencyKey();
    const accepted = await retryOnAnyServer(options, (client) =>
      createCluster(client, { name, profile: PROFILE, team }, key),
    );
    if (accepted === undefined) return;
    const { id } = accepted.cluster;
    ledger.creates.push({ id, jobId: accepted.job.id, key, name });
    if (chosen.neverEnds || random.chance(0.15)) {
      await delay(chosen.neverEnds ? random.between(3_000, 12_000) : random.between(0, 3_000));
      await requestDestroy(options, id);
    }
    const status = await waitForRest(options, id);
    if (status === 'READY' && random.chance(0.97)) await requestDestroy(options, id);
    await waitForRest(options, id);
    await installation.setFaultsOf(name, []);
  }
}

/** Orders a destroy; one that failed is requested again by the user who sees it. */
export async function requestDestroy(options: Omit<UserOptions, 'closing'>, id: string): Promise<void> {
  const key = idempotencyKey();
  const accepted = await retryOnAnyServer(options, async (client) => {
    try {
      return await destroyCluster(client, id, key);
    } catch (error) {
      if (error instanceof ApiError && error.code === 'STATE_CONFLICT') return 'already' as const;
      throw error;
    }
  });
  if (accepted !== undefined) options.ledger.destroys.add(id);
}

/** @returns the status in which the cluster came to rest, or undefined when it did not in time. */
async function waitForRest(options: UserOptions, id: string): Promise<string | undefined> {
  const untilMs = performance.now() + TIMEOUT_MS;
  for (let orders = 0; performance.now() < untilMs; ) {
    const status = await statusOf(options.installation, id);
    const wantsMore = options.ledger.destroys.has(id) && status !== 'DESTROYED';
    if (status === 'DESTROY_FAILED' && orders++ < 5) await requestDestroy(options, id);
    else if (
      status !== undefined &&
      FINAL_STATUSES.has(status) &&
      !(wantsMore && status !== 'DESTROY_FAILED')
    )
      return status;
    await delay(POLL_INTERVAL_MS);
  }
  return undefined;
}

async function statusOf({ pool }: MarathonInstallation, id: string): Promise<string | undefined> {
  const found = await pool.query('select status from clusters where id = $1', [id]).catch(() => undefined);
  return found?.rows[0]?.status;
}

/** Asks one server after the other, with the same key, until one answers: what a careful client does. */
export async function retryOnAnyServer<T>(
  { installation, random }: Pick<UserOptions, 'installation' | 'random'>,
  call: (client: ReturnType<MarathonInstallation['clients']>[number]) => Promise<T>,
): Promise<T | undefined> {
  const untilMs = performance.now() + TIMEOUT_MS;
  while (performance.now() < untilMs) {
    const client = random.pick(installation.clients());
    if (client !== undefined) {
      try {
        return await call(client);
      } catch (error) {
        const mayWork =
          error instanceof UnreachableError ||
          (error instanceof ApiError && (error.retryable || error.status >= 500));
        if (!mayWork) throw error;
      }
    }
    await delay(200);
  }
  return undefined;
}

import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';

/** The host will be taken away. */
export interface HostNotice {
  readonly reason: string;
  /** When; undefined if it is not said. */
  readonly at: Date | undefined;
}

export interface Ec2NoticeOptions {
  /** Of the instance metadata service. */
  readonly endpoint: string;
  readonly clock: Clock;
  /** Time between two questions. */
  readonly pollMs: number;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

const TIMEOUT_MS = 2_000;
const TOKEN_SECONDS = 21_600;
const spotAction = z.object({
  action: z.enum(['terminate', 'stop', 'hibernate']),
  time: z.iso.datetime().transform((time) => new Date(time)),
});
/** Target states of Auto Scaling in which the instance does not go on; a warm pool stops or hibernates it. */
const SCALE_IN = new Set(['Terminated', 'Warmed:Terminated', 'Warmed:Stopped', 'Warmed:Hibernated']);

/**
 * Watches the metadata of an EC2 instance (IMDSv2) for a spot interruption, two minutes before it, and for a scale-in of its Auto Scaling
 * group, which waits as long as a lifecycle hook says. Metadata that does not answer is reported in the log once.
 * @returns the first notice; undefined when the signal aborts
 */
export async function watchEc2Notices(
  options: Ec2NoticeOptions,
  signal: AbortSignal,
): Promise<HostNotice | undefined> {
  const { clock, pollMs, log } = options;
  const metadata = new InstanceMetadata(options.endpoint);
  for (let isDown = false; !signal.aborted; ) {
    try {
      const notice = await readNotice(metadata, signal);
      if (notice !== undefined) return notice;
      if (isDown) log.info({}, 'the instance metadata service answers again');
      isDown = false;
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isDown)
        log.warn(
          { error: messageOf(error), endpoint: options.endpoint },
          'cannot read the instance metadata: notices of EC2 are not seen',
        );
      isDown = true;
    }
    await clock.sleep(pollMs, signal).catch(() => {});
  }
  return undefined;
}

/** @returns the notice that the instance has now; undefined when it has none, or its metadata does not answer */
export async function readEc2Notice(endpoint: string): Promise<HostNotice | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return readNotice(new InstanceMetadata(endpoint), signal).catch(() => undefined);
}

async function readNotice(metadata: InstanceMetadata, signal: AbortSignal): Promise<HostNotice | undefined> {
  const spot = await metadata.read('spot/instance-action', signal);
  if (spot !== undefined) {
    const { action, time } = spotAction.parse(JSON.parse(spot));
    return { reason: `EC2 will ${action} this spot instance at ${time.toISOString()}`, at: time };
  }
  const state = await metadata.read('autoscaling/target-lifecycle-state', signal);
  return state !== undefined && SCALE_IN.has(state)
    ? { reason: `Auto Scaling takes this instance out of service (target state ${state})`, at: undefined }
    : undefined;
}

/** The metadata of the instance that this process runs on. */
class InstanceMetadata {
  readonly #endpoint: string;
  #token: string | undefined;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** @returns undefined for what the instance does not have */
  async read(path: string, signal: AbortSignal): Promise<string | undefined> {
    const hadToken = this.#token !== undefined;
    this.#token ??= await this.#newToken(signal);
    const response = await this.#fetch(`meta-data/${path}`, signal, {
      headers: { 'x-aws-ec2-metadata-token': this.#token },
    });
    const text = await response.text();
    if (response.ok) return text.trim();
    if (response.status === 404) return undefined;
    this.#token = undefined;
    // The token has expired.
    if (response.status === 401 && hadToken) return this.read(path, signal);
    throw new Error(`the answer to ${path} was ${response.status}`);
  }

  async #newToken(signal: AbortSignal): Promise<string> {
    const response = await this.#fetch('api/token', signal, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
    });
    const token = await response.text();
    if (!response.ok) throw new Error(`a token was refused with ${response.status}`);
    return token;
  }

  #fetch(path: string, signal: AbortSignal, init: RequestInit): Promise<Response> {
    return fetch(new URL(`/latest/${path}`, this.#endpoint), {
      ...init,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  }
}

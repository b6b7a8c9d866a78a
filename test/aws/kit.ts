import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest';
import type { Clock } from '../../src/control-plane/kernel/clock.ts';
import { type FaultyProxy, startProxy } from './faulty-proxy.ts';

export const REGION = 'us-east-2';
export const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'example' };

export interface AwsBench {
  /** Through the proxy; what the code under test uses. */
  readonly endpoint: string;
  readonly proxy: FaultyProxy;
  /** Settings of a client that tests use to arrange things, past the proxy. */
  readonly direct: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: typeof CREDENTIALS;
    readonly forcePathStyle: true;
  };
}

/** A suite against moto behind a proxy that can fail; its state is empty before each test. */
export function describeOnMoto(title: string, suite: (bench: () => AwsBench) => void): void {
  const moto = inject('moto');
  describe.skipIf('missing' in moto)(title, () => {
    let bench: AwsBench | undefined;
    const endpoint = 'endpoint' in moto ? moto.endpoint : '';
    beforeAll(async () => {
      const proxy = await startProxy(endpoint);
      bench = {
        endpoint: proxy.endpoint,
        proxy,
        direct: { endpoint, region: REGION, credentials: CREDENTIALS, forcePathStyle: true },
      };
    });
    beforeEach(async () => {
      bench?.proxy.reset();
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
    });
    afterAll(() => bench?.proxy.stop());
    suite(() => {
      if (bench === undefined) throw new Error('the bench is not there yet');
      return bench;
    });
  });
}

/** A clock whose sleeps take no time but are written down; `onSleep` is where a test lets the world go on. */
export function sleeplessClock(
  onSleep: (ms: number) => Promise<void> | void = () => {},
): Clock & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      await onSleep(ms);
    },
  };
}

import { afterAll, beforeAll, beforeEach, describe, inject } from 'vitest';
import type { PreflightRequest } from '../../src/control-plane/clusters/clouds/cloud.ts';
import type { Clock } from '../../src/control-plane/kernel/clock.ts';
import { type FaultyProxy, startProxy } from './faulty-proxy.ts';
import { ALLOWED, policySimulator } from './policy-simulator.ts';

export const REGION = 'us-east-2';
export const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'example' };

/** A create of three control plane machines and three workers. */
export const PREFLIGHT_REQUEST: PreflightRequest = {
  region: REGION,
  baseDomain: 'labs.example.com',
  publish: 'External',
  controlPlane: { replicas: 3, instanceType: 'm6i.xlarge' },
  workers: { replicas: 3, instanceType: 'm6i.2xlarge' },
  ownSubnets: false,
  createsInFlight: 0,
};

export interface MotoFixture {
  /** URL of the proxy, for the code under test. */
  readonly endpoint: string;
  readonly proxy: FaultyProxy;
  readonly python: string;
  /** Client settings that bypass the proxy, for the set-up of tests. */
  readonly direct: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: typeof CREDENTIALS;
    readonly forcePathStyle: true;
  };
}

/** A suite against moto behind a faulty proxy. The account is empty before each test. */
export function describeOnMoto(title: string, suite: (fixture: () => MotoFixture) => void): void {
  const moto = inject('moto');
  describe.skipIf('missing' in moto)(title, () => {
    let fixture: MotoFixture | undefined;
    const endpoint = 'endpoint' in moto ? moto.endpoint : '';
    beforeAll(async () => {
      const proxy = await startProxy(endpoint, [policySimulator(() => ALLOWED)]);
      fixture = {
        endpoint: proxy.endpoint,
        proxy,
        python: 'python' in moto ? moto.python : '',
        direct: { endpoint, region: REGION, credentials: CREDENTIALS, forcePathStyle: true },
      };
    });
    beforeEach(async () => {
      fixture?.proxy.reset();
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
    });
    afterAll(() => fixture?.proxy.stop());
    suite(() => {
      if (fixture === undefined) throw new Error('the fixture is available only in hooks and tests');
      return fixture;
    });
  });
}

/** A clock whose sleeps return at once and are recorded; `onSleep` lets a test change the account meanwhile. */
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

import { expect } from 'vitest';
import { idempotencyKey } from '../../src/client/api-client.ts';
import { createCluster, destroyCluster, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { isAlive } from '../e2e/processes.ts';
import { LEASE_MS } from './fleet.ts';
import type { Hold, Moment, Testbed } from './testbed.ts';

export const PROFILE = 'aws-minimal-test';

export type JobType = 'CREATE' | 'DESTROY';

export interface HeldJob {
  readonly clusterId: string;
  readonly jobId: string;
  readonly hold: Hold;
}

/** One victim, and where the jobs are when it is struck: as many clusters as there are moments. */
export interface FaultCase {
  readonly target: string;
  readonly how: string;
  readonly create: readonly Moment[];
  readonly destroy: readonly Moment[];
  /** A create may come to FAILED, if nothing of it is left. */
  readonly mayFail?: true;
  /** Nothing has to be done twice. */
  readonly isHarmless?: true;
  /** Strikes, sees that it hit, lets the jobs go on, and puts right what does not recover by itself. */
  inject(testbed: Testbed, jobs: readonly HeldJob[], type: JobType): Promise<void>;
}

export const FAULT_CASES: readonly FaultCase[] = [
  {
    target: 'the API',
    how: 'killed while it writes a request down',
    create: [
      ['phase', 'checkpoint done'],
      ['phase', 'provision started'],
    ],
    destroy: [
      ['phase', 'destroy started'],
      ['phase', 'read-back started'],
    ],
    inject: killApi,
  },
  {
    target: 'the installer',
    how: 'killed at work',
    create: [
      ['installer', 'manifests'],
      ['installer', 'infrastructure'],
      ['installer', 'initialize'],
    ],
    destroy: [
      ['installer', 'destroy'],
      ['installer', 'destroy-half'],
      ['installer', 'destroy-half'],
    ],
    async inject(testbed, jobs) {
      const { site } = testbed.installation;
      const victims = site.installers();
      for (const { pid } of victims) process.kill(pid, 'SIGKILL');
      await eventually('they are gone', () => victims.every(({ pid }) => !isAlive(pid)));
      await releaseAll(jobs);
    },
  },
  {
    target: 'the artifacts',
    how: 'out of reach for a while',
    create: [
      ['phase', 'ignition started'],
      ['phase', 'verify done'],
    ],
    destroy: [
      ['phase', 'restore started'],
      ['phase', 'destroy started'],
    ],
    mayFail: true,
    async inject(testbed, jobs) {
      testbed.installation.closeFolder('artifacts');
      await releaseAll(jobs);
      await eventually('it is missed', async () => (await testbed.unaffectedJobs(jobIds(jobs))).length === 0);
      testbed.installation.openFolder('artifacts');
    },
  },
  {
    target: 'the clock',
    how: 'two leases ahead at once',
    create: [
      ['phase', 'checkpoint started'],
      ['installer', 'machines'],
    ],
    destroy: [
      ['phase', 'restore done'],
      ['installer', 'destroy-half'],
    ],
    async inject(testbed, jobs) {
      const leases = await testbed.countLeases();
      await testbed.moveClock(2 * LEASE_MS);
      await releaseAll(jobs);
      await eventually(
        'both workers lose their leases',
        async () => (await testbed.countLeases()) === leases + 2,
      );
    },
  },
  {
    target: 'the clock',
    how: 'half a lease back at once',
    create: [['phase', 'checkpoint started']],
    destroy: [['phase', 'read-back started']],
    isHarmless: true,
    async inject(testbed, jobs) {
      await testbed.moveClock(-LEASE_MS / 2);
      await releaseAll(jobs);
    },
  },
  {
    target: 'PostgreSQL',
    how: 'killed under every write',
    create: [
      ['phase', 'checkpoint started'],
      ['phase', 'provision started'],
      ['phase', 'job SUCCEEDED'],
    ],
    destroy: [
      ['phase', 'restore started'],
      ['phase', 'read-back done'],
      ['phase', 'job SUCCEEDED'],
    ],
    async inject({ postgres }, jobs) {
      await postgres.crash();
      await releaseAll(jobs);
    },
  },
];

async function releaseAll(jobs: readonly HeldJob[]): Promise<void> {
  for (const { hold: held } of jobs) await held.release();
}

const jobIds = (jobs: readonly HeldJob[]): string[] => jobs.map(({ jobId }) => jobId);

const IN_FLIGHT = 'in-flight';

/** The request waits in the database when its API dies; asked again with the same key, another API does it, once. */
async function killApi(testbed: Testbed, jobs: readonly HeldJob[], type: JobType): Promise<void> {
  const { syncPoints, installation, ledger, api } = testbed;
  const ask = type === 'CREATE' ? createRequest(testbed) : destroyRequest(testbed);
  const syncPoint = await syncPoints.holdAt(`${IN_FLIGHT} ${type} ordered`);
  const answer = ask();
  answer.catch(() => {}); // awaited below
  await syncPoint.reached();
  api.isRestarting = true;
  await api.server.kill();
  await releaseAll(jobs);
  await syncPoint.release();
  await expect(answer).rejects.toThrow();
  await installation.reopen(api);
  api.isRestarting = false;
  await ask();
  if (type === 'CREATE') await untilStatus(testbed.client, ledger.creates.at(-1)?.id ?? '', 'READY');
}

function createRequest(testbed: Testbed): () => Promise<void> {
  const key = idempotencyKey();
  return async () => {
    const { cluster, job } = await createCluster(testbed.client, { name: IN_FLIGHT, profile: PROFILE }, key);
    testbed.ledger.creates.push({ id: cluster.id, jobId: job.id, key, name: IN_FLIGHT });
  };
}

function destroyRequest(testbed: Testbed): () => Promise<void> {
  const key = idempotencyKey();
  const id = testbed.ledger.creates.find(({ name }) => name === IN_FLIGHT)?.id ?? '';
  return async () => {
    await destroyCluster(testbed.client, id, key);
    testbed.ledger.destroys.add(id);
  };
}

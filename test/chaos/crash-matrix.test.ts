import { describe, expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults.ts';
import type { Stage } from '../../src/sandbox/stages.ts';
import { eventually } from '../e2e/patience.ts';
import { isAlive } from '../e2e/processes.ts';
import { createCluster, destroyCluster, getJob, untilStatus } from '../e2e/site.ts';
import { type Fleet, LEASE_MS, openFleet } from './fleet.ts';

const PROFILE = 'aws-minimal-test';

/** At the boundary of a phase, or inside the installer at one of its stages. */
type Moment = readonly ['phase', string] | readonly ['installer', Stage];

/** Where a create is killed, and where the destroy of the same cluster is. */
const MATRIX: readonly { readonly create: Moment; readonly destroy: Moment }[] = [
  { create: ['phase', 'prepare started'], destroy: ['phase', 'restore started'] },
  { create: ['phase', 'manifests started'], destroy: ['phase', 'restore done'] },
  { create: ['phase', 'ignition started'], destroy: ['phase', 'destroy started'] },
  { create: ['phase', 'checkpoint started'], destroy: ['installer', 'destroy'] },
  { create: ['phase', 'checkpoint done'], destroy: ['installer', 'destroy-half'] },
  { create: ['installer', 'infrastructure'], destroy: ['phase', 'destroy done'] },
  { create: ['installer', 'machines'], destroy: ['phase', 'read-back started'] },
  { create: ['installer', 'initialize'], destroy: ['phase', 'read-back done'] },
  { create: ['phase', 'provision done'], destroy: ['phase', 'finish done'] },
  { create: ['phase', 'verify done'], destroy: ['phase', 'job SUCCEEDED'] },
  { create: ['phase', 'finish done'], destroy: ['installer', 'destroy-half'] },
  { create: ['phase', 'job SUCCEEDED'], destroy: ['phase', 'destroy done'] },
];

interface Hold {
  reached(): Promise<void>;
  release(): Promise<void>;
}

/** Arranges that the next job of the type stops at the moment, and tells when it does. */
async function holdAt(
  { site, gates }: Fleet,
  type: 'CREATE' | 'DESTROY',
  [kind, name]: Moment,
): Promise<Hold> {
  if (kind === 'phase') {
    const gate = await gates.close(`${type} ${name}`);
    return { reached: () => gate.reached(), release: () => gate.open() };
  }
  await site.setFaults({ stage: name, kind: 'hang', times: 1 });
  const struck = async () => (await readFaults(site.cloudDir)).some(({ used }) => used > 0);
  return {
    reached: async () => void (await eventually(`an installer hangs at ${name}`, struck)),
    release: async () => site.setFaults(),
  };
}

/** Kills the worker that runs the job, and sees that nothing which it started outlives it by more than the lease. */
async function killWorkerOf({ site, workerOf }: Fleet, jobId: string): Promise<void> {
  const victim = await workerOf(jobId);
  const installers = site.installers();
  await victim.kill();
  await eventually(
    'G7: what the killed worker started is gone within the lease',
    () => installers.every(({ pid }) => !isAlive(pid)),
    { withinMs: LEASE_MS },
  );
}

describe('a worker killed with SIGKILL', () => {
  test.each(split(MATRIX, 3))(
    'G1, G2, G6, G7: another one finishes, nothing is doubled and nothing stays (%#)',
    async (...cases) => {
      const fleet = await openFleet(2);
      const { site, client } = fleet;
      for (const { create, destroy } of cases) {
        const createHold = await holdAt(fleet, 'CREATE', create);
        const { cluster, job } = await createCluster(client, {
          name: `killed-at-${nameOf(create)}`,
          profile: PROFILE,
        });
        await createHold.reached();
        await killWorkerOf(fleet, job.id);
        await createHold.release();
        const spare = fleet.startWorker();
        const { infraId } = await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED');
        const created = await getJob(client, job.id);
        expect(created, `create killed at ${create}`).toMatchObject({ status: 'SUCCEEDED' });
        expect(created.attempt).toBeGreaterThan(1);
        await spare;
        const resources = await site.cloud();
        expect(resources.every((resource) => resource.infraId === infraId)).toBe(true);
        expect(resources).toHaveLength(RESOURCES_OF_A_CLUSTER);

        const destroyHold = await holdAt(fleet, 'DESTROY', destroy);
        const ordered = await destroyCluster(client, cluster.id);
        await destroyHold.reached();
        await killWorkerOf(fleet, ordered.job?.id ?? '');
        await destroyHold.release();
        const another = fleet.startWorker();
        await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
        const destroyed = await getJob(client, ordered.job?.id ?? '');
        expect(destroyed, `destroy killed at ${destroy}`).toMatchObject({ status: 'SUCCEEDED' });
        expect(destroyed.attempt).toBeGreaterThan(1);
        expect(await site.cloud()).toEqual([]);
        await another;
      }
      expect(site.overlaps()).toEqual([]);
    },
  );
});

/** What one create of the profile makes in the simulated cloud. */
const RESOURCES_OF_A_CLUSTER = 46;

function nameOf([kind, name]: Moment): string {
  return `${kind}-${name}`
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, '-')
    .slice(0, 24);
}

function split<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

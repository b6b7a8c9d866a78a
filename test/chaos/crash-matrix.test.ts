import { expect, test } from 'vitest';
import { type FaultInput, readFaults } from '../../src/sandbox/faults/faults.ts';
import type { Stage } from '../../src/sandbox/faults/stages.ts';
import { createCluster, destroyCluster, getJob, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { isAlive } from '../e2e/processes.ts';
import { filesNotKept, readFileInventory } from './file-inventory.ts';
import { type Fleet, LEASE_MS, useFleet } from './fleet.ts';

const PROFILE = 'aws-minimal-test';
/** As many at a time as there are workers, each of which has one job: killing one worker is killing one job. */
const AT_A_TIME = 4;

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

const open = useFleet({ workers: AT_A_TIME, flags: ['--concurrency', '1'] });

/** A worker is killed in each of them, and replaced. */
const ROUNDS = [0, 1, 2].map((round) =>
  MATRIX.map((moments, i) => ({ ...moments, name: `killed-${i + 1}` })).slice(
    round * AT_A_TIME,
    (round + 1) * AT_A_TIME,
  ),
);

test.each(ROUNDS.map((cases) => [cases.map(({ create }) => create[1]).join(', '), cases] as const))(
  'L1: L10: G1, G2, G4b, G6, G7: a worker killed at any moment of a create and of a destroy: another one finishes, nothing is doubled, and nothing stays in the cloud or on the disk (%s)',
  async (_moments, cases) => {
    const fleet = open();
    const faults = new Faults(fleet);
    await Promise.all(
      cases.map(async ({ name, create, destroy }) => {
        await killDuringCreate(fleet, faults, name, create);
        await killDuringDestroy(fleet, faults, name, destroy);
      }),
    );
    expect(await fleet.site.cloud()).toEqual([]);
    expect(fleet.site.overlaps()).toEqual([]);
    await expectOnlyKeptFiles(fleet);
  },
);

/** Temporary files of the dead are removed once they stood still for a minute, by tasks that run each minute. */
async function expectOnlyKeptFiles({ site }: Fleet): Promise<void> {
  const inventory = readFileInventory();
  const isClean = () => filesNotKept(site.dataDir, inventory).length === 0;
  await eventually('only what the inventory keeps is on the disk', isClean, { withinMs: 135_000 }).catch(
    () => undefined,
  );
  expect(filesNotKept(site.dataDir, inventory)).toEqual([]);
}

async function killDuringCreate(fleet: Fleet, faults: Faults, name: string, moment: Moment): Promise<void> {
  const { site, client } = fleet;
  const hold = await holdAt(fleet, faults, name, 'CREATE', moment);
  const { cluster, job } = await createCluster(client, { name, profile: PROFILE, team: name });
  await hold.reached();
  await replaceWorkerOf(fleet, job.id, hold);
  const { infraId } = await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED');
  const created = await getJob(client, job.id);
  expect(created, `${name}: create killed at ${moment}`).toMatchObject({ status: 'SUCCEEDED' });
  expect(created.attempt).toBeGreaterThan(1);
  const resources = (await site.cloud()).filter(({ tags }) => tags['ClusterId'] === cluster.id);
  expect(new Set(resources.map((resource) => resource.infraId))).toEqual(new Set([infraId]));
  const whole = (await site.cloud()).filter((resource) => resource.infraId === infraId);
  expect(whole).toHaveLength(RESOURCES_OF_A_CLUSTER);
}

async function killDuringDestroy(fleet: Fleet, faults: Faults, name: string, moment: Moment): Promise<void> {
  const { site, client } = fleet;
  const { data } = await client.GET('/v1/clusters', { params: { query: { name } } });
  const [cluster] = data.items;
  if (cluster === undefined) throw new Error(`${name} is gone`);
  const hold = await holdAt(fleet, faults, name, 'DESTROY', moment);
  const jobId = (await destroyCluster(client, cluster.id)).job?.id ?? '';
  await hold.reached();
  await replaceWorkerOf(fleet, jobId, hold);
  await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
  const destroyed = await getJob(client, jobId);
  expect(destroyed, `${name}: destroy killed at ${moment}`).toMatchObject({ status: 'SUCCEEDED' });
  expect(destroyed.attempt).toBeGreaterThan(1);
  const left = (await site.cloud()).filter(({ infraId }) => infraId.startsWith(`${name}-`));
  expect(left, `${name}: destroy killed at ${moment}`).toEqual([]);
}

interface Hold {
  reached(): Promise<void>;
  release(): Promise<void>;
}

/** Arranges that the next job of the type on the cluster stops at the moment, and tells when it does. */
async function holdAt(
  { syncPoints }: Fleet,
  faults: Faults,
  clusterName: string,
  type: 'CREATE' | 'DESTROY',
  [kind, point]: Moment,
): Promise<Hold> {
  if (kind === 'installer') return faults.hangAt(point, clusterName);
  const syncPoint = await syncPoints.holdAt(`${clusterName} ${type} ${point}`);
  return { reached: () => syncPoint.reached(), release: () => syncPoint.release() };
}

/** Kills the worker that runs the job, sees that nothing which it started outlives it by more than the lease, and starts another. */
async function replaceWorkerOf(fleet: Fleet, jobId: string, hold: Hold): Promise<void> {
  const victim = await fleet.workerOf(jobId);
  const installers = fleet.site.installers().filter(({ argv }) => argv.includes(jobId));
  await victim.kill();
  const spare = fleet.startWorker();
  await eventually(
    'G7: what the killed worker started is gone within the lease',
    () => installers.every(({ pid }) => !isAlive(pid)),
    { withinMs: LEASE_MS },
  );
  await hold.release();
  await spare;
}

/** The faults of all clusters, kept in one file. */
class Faults {
  readonly #site: Fleet['site'];
  readonly #ofCluster = new Map<string, FaultInput>();
  #written: Promise<void> = Promise.resolve();

  constructor({ site }: Fleet) {
    this.#site = site;
  }

  async hangAt(stage: Stage, clusterName: string): Promise<Hold> {
    const id = `${clusterName}-${stage}`;
    this.#ofCluster.set(clusterName, { id, stage, kind: 'hang', times: 1, match: { clusterName } });
    await this.#write();
    const struck = async () =>
      (await readFaults(this.#site.cloudDir)).some(({ fault, used }) => fault.id === id && used > 0);
    return {
      reached: async () =>
        void (await eventually(`an installer of ${clusterName} hangs at ${stage}`, struck)),
      release: async () => {
        this.#ofCluster.delete(clusterName);
        await this.#write();
      },
    };
  }

  #write(): Promise<void> {
    this.#written = this.#written.then(() => this.#site.setFaults(...this.#ofCluster.values()));
    return this.#written;
  }
}

/** What one create of the profile makes in the simulated cloud. */
const RESOURCES_OF_A_CLUSTER = 46;

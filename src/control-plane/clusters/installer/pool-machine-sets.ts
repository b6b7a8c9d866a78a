import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { InstallerError } from './installer-error.ts';
import { MANIFEST_FOLDER, WORKER_MACHINE_SET } from './worker-machine-sets.ts';

/** Machines besides the workers, which the install-config cannot describe. */
export interface MachineSetPool {
  readonly name: string;
  readonly instanceType: string;
  readonly replicas: number;
  /** Undefined for the zones of the workers. */
  readonly zones?: readonly string[] | undefined;
  readonly rootVolume?:
    | { readonly type: string; readonly size: number; readonly iops?: number | undefined }
    | undefined;
  /** ARN of the key of the volume. */
  readonly kmsKey?: string | undefined;
  readonly spot?: boolean | undefined;
}

const CLUSTER = 'machine.openshift.io/cluster-api-cluster';
const MACHINE_SET = 'machine.openshift.io/cluster-api-machineset';
const ROLE = 'machine.openshift.io/cluster-api-machine-role';
const TYPE = 'machine.openshift.io/cluster-api-machine-type';

const labels = z.record(z.string(), z.string());
/** What of a machine set of the installer is read or changed; all else, such as subnet, image and tags, stays. */
const machineSetSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), labels }),
  spec: z.looseObject({
    replicas: z.int(),
    selector: z.looseObject({ matchLabels: labels }),
    template: z.looseObject({
      metadata: z.looseObject({ labels }),
      spec: z.looseObject({
        metadata: z.looseObject({ labels: labels.optional() }).optional(),
        providerSpec: z.looseObject({
          value: z.looseObject({
            instanceType: z.string(),
            placement: z.looseObject({ availabilityZone: z.string() }),
            blockDevices: z.tuple([z.looseObject({ ebs: z.looseObject({}) })], z.looseObject({})).optional(),
          }),
        }),
      }),
    }),
  }),
});
type MachineSet = z.infer<typeof machineSetSchema>;

/**
 * Writes a machine set for each pool and zone, made from those of the workers: they have the subnet, image, tags and security groups
 * of the cluster. To be called between `create manifests` and `create ignition-configs`.
 * @throws InstallerError MACHINE_SETS_UNREADABLE, POOL_ZONE_MISSING
 */
export async function addPoolMachineSets(
  installDir: string,
  pools: readonly MachineSetPool[],
): Promise<void> {
  const workers = await readWorkerSets(installDir);
  for (const pool of pools) {
    const sets = pool.zones?.map((zone) => setOfZone(workers, zone, pool)) ?? workers;
    for (const [index, worker] of sets.entries()) {
      // As the installer spreads workers: the first sets get one more.
      const replicas =
        Math.floor(pool.replicas / sets.length) + (index < pool.replicas % sets.length ? 1 : 0);
      const file = `99_openshift-cluster-api_${pool.name}-machineset-${index}.yaml`;
      const path = join(installDir, MANIFEST_FOLDER, file);
      await writeFile(path, stringify(machineSetOf(worker, pool, replicas)), { mode: 0o600 });
    }
  }
}

async function readWorkerSets(installDir: string): Promise<MachineSet[]> {
  const folder = join(installDir, MANIFEST_FOLDER);
  const names = (await readdir(folder)).filter((name) => WORKER_MACHINE_SET.test(name)).sort();
  const sets: MachineSet[] = [];
  for (const name of names) {
    const parsed = machineSetSchema.safeParse(parse(await readFile(join(folder, name), 'utf8')));
    if (!parsed.success) {
      const message = `${MANIFEST_FOLDER}/${name} is not the machine set of an AWS cluster: ${z.prettifyError(parsed.error)}`;
      throw new InstallerError('MACHINE_SETS_UNREADABLE', message);
    }
    // Local and Wavelength Zones have sets of their own.
    if (parsed.data.spec.template.metadata.labels[ROLE] !== 'edge') sets.push(parsed.data);
  }
  if (sets.length === 0)
    throw new InstallerError('MACHINE_SETS_UNREADABLE', `no machine set of workers in ${MANIFEST_FOLDER}`);
  return sets;
}

function setOfZone(sets: readonly MachineSet[], zone: string, { name }: MachineSetPool): MachineSet {
  const found = sets.find((set) => zoneOf(set) === zone);
  if (found !== undefined) return found;
  const message = `the pool ${name} is in ${zone}, and the cluster has subnets in ${sets.map(zoneOf).join(', ')}`;
  throw new InstallerError('POOL_ZONE_MISSING', message);
}

function zoneOf({ spec }: MachineSet): string {
  return spec.template.spec.providerSpec.value.placement.availabilityZone;
}

function machineSetOf(worker: MachineSet, pool: MachineSetPool, replicas: number): MachineSet {
  const { metadata, spec } = worker;
  const { template } = spec;
  const { value } = template.spec.providerSpec;
  const name = `${metadata.labels[CLUSTER] ?? ''}-${pool.name}-${zoneOf(worker)}`;
  const nodeLabels = { ...template.spec.metadata?.labels, [`node-role.kubernetes.io/${pool.name}`]: '' };
  // A role of its own, as in the documentation of infrastructure machine sets, so that a scale of the workers leaves the pool alone.
  const own = { [MACHINE_SET]: name, [ROLE]: pool.name, [TYPE]: pool.name };
  return {
    ...worker,
    metadata: { ...metadata, name },
    spec: {
      ...spec,
      replicas,
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [MACHINE_SET]: name } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...own } },
        spec: {
          ...template.spec,
          metadata: { ...template.spec.metadata, labels: nodeLabels },
          providerSpec: {
            ...template.spec.providerSpec,
            value: {
              ...value,
              instanceType: pool.instanceType,
              ...volumesOf(value.blockDevices, pool),
              ...(pool.spot === true ? { spotMarketOptions: {} } : {}),
            },
          },
        },
      },
    },
  };
}

type BlockDevices = MachineSet['spec']['template']['spec']['providerSpec']['value']['blockDevices'];

function volumesOf(
  devices: BlockDevices,
  { rootVolume, kmsKey }: MachineSetPool,
): { blockDevices?: BlockDevices } {
  if (devices === undefined || (rootVolume === undefined && kmsKey === undefined)) return {};
  const [root, ...others] = devices;
  const key = kmsKey === undefined ? {} : { kmsKey: { arn: kmsKey } };
  if (rootVolume === undefined)
    return { blockDevices: [{ ...root, ebs: { ...root.ebs, ...key } }, ...others] };
  const { iops: _ofWorkers, ...ebs } = root.ebs;
  const { type: volumeType, size: volumeSize, iops } = rootVolume;
  const own = { volumeType, volumeSize, ...(iops === undefined ? {} : { iops }) };
  return { blockDevices: [{ ...root, ebs: { ...ebs, ...own, ...key } }, ...others] };
}

import * as z from 'zod';
import { withFix } from './profile-problem.ts';

/** A field of the install-config that a fragment cannot set. */
interface ReservedField {
  /** Names of fields; `*` stands for any, and a pool of `compute` is found by its name. */
  readonly path: string;
  readonly reason: string;
  readonly fix: string;
}

const BY_TAGS = 'is set by the control plane, which finds the resources of a cluster by its tags';
const BY_COST = 'is counted in the cost of a cluster';
const BY_NAME = 'is set by the request';
const BY_FIELD = 'is read by the control plane from a field of the profile';

/** What tags, cost, credentials and the verified destroy of a cluster depend on. */
const RESERVED_FIELDS: readonly ReservedField[] = [
  { path: 'platform.aws.userTags', reason: BY_TAGS, fix: 'use tags of the profile' },
  { path: 'platform.aws.propagateUserTags', reason: BY_TAGS, fix: 'remove it' },
  { path: 'platform.*.region', reason: BY_NAME, fix: 'use regions' },
  { path: 'platform.ibmcloud.resourceGroupName', reason: BY_FIELD, fix: use('ibmcloud.resourceGroup') },
  {
    path: 'platform.ibmcloud.networkResourceGroupName',
    reason: BY_FIELD,
    fix: use('ibmcloud.networkResourceGroup'),
  },
  { path: 'platform.ibmcloud.vpcName', reason: BY_FIELD, fix: use('ibmcloud.vpcName') },
  {
    path: 'platform.ibmcloud.controlPlaneSubnets',
    reason: BY_FIELD,
    fix: use('ibmcloud.controlPlaneSubnets'),
  },
  { path: 'platform.ibmcloud.computeSubnets', reason: BY_FIELD, fix: use('ibmcloud.computeSubnets') },
  { path: 'platform.aws.subnets', reason: BY_FIELD, fix: use('aws.subnets') },
  { path: 'platform.aws.vpc', reason: BY_FIELD, fix: use('aws.subnets') },
  { path: 'platform.aws.hostedZone', reason: BY_FIELD, fix: use('aws.hostedZone') },
  { path: 'platform.aws.defaultMachinePlatform.zones', reason: BY_FIELD, fix: use('aws.zones') },
  { path: 'controlPlane.platform.aws.zones', reason: BY_FIELD, fix: use('aws.zones') },
  { path: 'compute.worker.platform.aws.zones', reason: BY_FIELD, fix: use('aws.zones') },
  { path: 'platform.aws.hostedZoneRole', reason: BY_FIELD, fix: use('aws.hostedZoneRole') },
  { path: 'publish', reason: BY_FIELD, fix: 'use features.privateCluster' },
  { path: 'fips', reason: BY_FIELD, fix: 'use features.fipsMode' },
  { path: 'credentialsMode', reason: 'is set by the server', fix: 'remove it' },
  { path: 'pullSecret', reason: 'is set by the server', fix: 'remove it' },
  { path: 'metadata', reason: BY_NAME, fix: 'remove it' },
  { path: 'baseDomain', reason: BY_NAME, fix: 'use baseDomains' },
  { path: 'sshKey', reason: BY_NAME, fix: 'remove it' },
  { path: 'controlPlane.replicas', reason: BY_COST, fix: 'use compute.controlPlane.replicas' },
  { path: 'controlPlane.architecture', reason: BY_FIELD, fix: 'use compute.controlPlane.instanceType' },
  { path: 'controlPlane.platform.*.type', reason: BY_COST, fix: 'use compute.controlPlane.instanceType' },
  { path: 'compute.worker.replicas', reason: BY_COST, fix: 'use compute.workers.replicas' },
  { path: 'compute.worker.architecture', reason: BY_FIELD, fix: 'use compute.workers.instanceType' },
  { path: 'compute.worker.platform.*.type', reason: BY_COST, fix: 'use compute.workers.instanceType' },
  { path: 'platform.*.defaultMachinePlatform.type', reason: BY_COST, fix: 'use instanceType of compute' },
  ...volumeFields('controlPlane.platform.aws', 'compute.controlPlane.rootVolume'),
  ...volumeFields('compute.worker.platform.aws', 'compute.workers.rootVolume'),
  ...volumeFields('platform.aws.defaultMachinePlatform', 'platformConfig.aws.rootVolume'),
  { path: 'arbiter', reason: BY_COST, fix: 'remove it' },
];

function volumeFields(machine: string, field: string): ReservedField[] {
  return ['type', 'size', 'iops'].map((name) => ({
    path: `${machine}.rootVolume.${name}`,
    reason: BY_COST,
    fix: `use ${field}`,
  }));
}

function use(field: string): string {
  return `use platformConfig.${field}`;
}

/** @returns the reserved field at or above a path of the install-config */
export function reservedField(path: readonly string[]): ReservedField | undefined {
  return RESERVED_FIELDS.find(({ path: reserved }) =>
    reserved
      .split('.')
      .every((name, index) => path[index] !== undefined && (name === '*' || name === path[index])),
  );
}

/** A part of an install-config that is merged into the rendered one. Its names and values are checked with the whole document. */
export const fragmentSchema = z
  .record(z.string(), z.unknown())
  .superRefine((fragment, context) => {
    for (const { path, message, fix } of fragmentFaults(fragment, [], [])) {
      context.addIssue({ code: 'custom', path: [...path], message: withFix(message, fix) });
    }
  })
  .meta({ description: 'Part of an install-config, merged into the rendered one' });

interface FragmentFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly fix: string;
}

/** @param names the path with the names of pools instead of their indexes */
function fragmentFaults(
  value: unknown,
  path: readonly PropertyKey[],
  names: readonly string[],
): FragmentFault[] {
  const reserved = reservedField(names);
  if (reserved !== undefined) {
    return [{ path, message: `cannot be set here: it ${reserved.reason}`, fix: reserved.fix }];
  }
  // The installer takes null for absent: it would remove what is rendered.
  if (value === null) return [{ path, message: 'must not be null', fix: 'set a value, or remove it' }];
  if (typeof value !== 'object') return [];
  if (Array.isArray(value)) {
    return names.join('.') === 'compute'
      ? poolFaults(value, path)
      : value.flatMap((item, index) => fragmentFaults(item, [...path, index], [...names, String(index)]));
  }
  return Object.entries(value).flatMap(([key, child]) =>
    fragmentFaults(child, [...path, key], [...names, key]),
  );
}

function poolFaults(pools: readonly unknown[], path: readonly PropertyKey[]): FragmentFault[] {
  return pools.flatMap((pool, index) => {
    const at = [...path, index];
    if (poolName(pool) !== 'worker') {
      return [{ path: at, message: 'is not the pool "worker"', fix: 'set its name to worker' }];
    }
    if (index > 0) return [{ path: at, message: 'is a second pool "worker"', fix: 'merge them' }];
    return fragmentFaults(pool, at, ['compute', 'worker']);
  });
}

function poolName(pool: unknown): unknown {
  return typeof pool === 'object' && pool !== null && 'name' in pool ? pool.name : undefined;
}

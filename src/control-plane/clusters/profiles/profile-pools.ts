import * as z from 'zod';
import { architectureOf } from '../install-config/architecture.ts';
import { kmsKey, rootVolume, zoneName } from './profile-aws-values.ts';
import { instanceType, machines } from './profile-machine-values.ts';
import { withFix } from './profile-problem.ts';

/** The pool of Local Zones and Wavelength Zones: the only one besides `worker` that the install-config knows. */
export const EDGE_POOL = 'edge' as const;
const NAMES_OF_THE_INSTALLER = ['worker', 'master', 'bootstrap', 'arbiter'];

/** us-east-1-bos-1a, us-east-1-wl1-bos-wlz-1 */
const EDGE_ZONE = /^[a-z]{2,4}(-[a-z]+)+-\d-[a-z0-9]+(-[a-z0-9]+)*-\d[a-z]?$/;

/** The name is part of a label of at most 63 characters, with the infraID (27) and the zone (15). */
const poolName = z
  .string()
  .max(16)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    withFix('is not lower-case letters, digits and hyphens', 'use a name such as infra'),
  )
  .refine((name) => !NAMES_OF_THE_INSTALLER.includes(name), {
    message: withFix('is a pool of the installer', 'use another name, or compute.workers'),
  });

const pool = z.strictObject({
  name: poolName,
  instanceType,
  replicas: machines,
  zones: z
    .array(
      z.union(
        [zoneName, z.string().regex(EDGE_ZONE)],
        withFix('is not a zone name', 'use one such as us-east-1a'),
      ),
    )
    .min(1)
    .max(10)
    .optional()
    .meta({ description: 'Zones of the pool (default: those of the cluster)' }),
  rootVolume: rootVolume
    .optional()
    .meta({ description: 'The volume of its machines (default: platformConfig.aws.rootVolume)' }),
  kmsKey: kmsKey.optional(),
  spot: z.boolean().optional().meta({ description: 'Whether its machines are spot instances' }),
});

/** `compute.pools` of a profile: machines besides the workers; on AWS only. */
export const poolsSchema = z
  .array(pool)
  .min(1)
  .max(10)
  .superRefine((pools, context) => {
    for (const [index, { name, zones, spot }] of pools.entries()) {
      const fail = (key: string, message: string, fix: string) =>
        context.addIssue({ code: 'custom', path: [index, key], message: withFix(message, fix) });
      if (pools.findIndex((other) => other.name === name) < index)
        fail('name', 'is a second pool of this name', 'choose another name');
      if (name !== EDGE_POOL) continue;
      if (zones === undefined)
        fail('zones', 'must name the Local Zones or Wavelength Zones of the pool', 'add them');
      if (spot === true) fail('spot', 'is not supported for the pool edge', 'remove it');
    }
  });

export type MachinePoolProfile = z.infer<typeof pool>;

/** @returns the pools that the install-config cannot describe */
export function machineSetPools(profile: {
  readonly compute: { readonly pools?: readonly MachinePoolProfile[] | undefined };
}): readonly MachinePoolProfile[] {
  return (profile.compute.pools ?? []).filter(({ name }) => name !== EDGE_POOL);
}

/** A rule between a pool and the rest of an AWS profile. */
interface PoolFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

interface PoolSurroundings {
  readonly workerType: string;
  /** `platformConfig.aws`. */
  readonly zones?: readonly string[] | undefined;
  readonly subnets?: readonly string[] | undefined;
  readonly regions: readonly string[];
}

/** @returns what does not fit between pools and the fields around them */
export function poolFaults(
  pools: readonly MachinePoolProfile[],
  { workerType, zones: clusterZones, subnets, regions }: PoolSurroundings,
): PoolFault[] {
  return pools.flatMap(({ name, instanceType: type, zones = [] }, index) => {
    const at = (...path: (string | number)[]) => ['compute', 'pools', index, ...path];
    const faults: PoolFault[] = [];
    if (architectureOf(type) !== architectureOf(workerType)) {
      const message = `has another architecture than the workers (${workerType}), whose image the pool has`;
      faults.push({
        path: at('instanceType'),
        message: withFix(message, `use a type of ${architectureOf(workerType)}`),
      });
    }
    if (name === EDGE_POOL) {
      if (subnets !== undefined) {
        const message = withFix(
          'cannot be used with platformConfig.aws.subnets',
          'remove the pool: the installer makes one for subnets in such zones',
        );
        faults.push({ path: at('name'), message });
      }
      for (const [i, zone] of zones.entries()) {
        if (!EDGE_ZONE.test(zone)) {
          const message = withFix(
            'is not a Local Zone or Wavelength Zone',
            'use one such as us-east-1-bos-1a',
          );
          faults.push({ path: at('zones', i), message });
        } else if (regions.some((region) => !zone.startsWith(`${region}-`))) {
          const message = withFix(
            'is not in every region of the profile',
            'keep the region of the zone in regions.allowlist',
          );
          faults.push({ path: at('zones', i), message });
        }
      }
      return faults;
    }
    for (const [i, zone] of zones.entries()) {
      if (clusterZones?.includes(zone) || (subnets !== undefined && clusterZones === undefined)) continue;
      const message = withFix(
        'is not in platformConfig.aws.zones: the cluster has subnets in those only',
        'add it there, or remove it here',
      );
      faults.push({ path: at('zones', i), message });
    }
    return faults;
  });
}

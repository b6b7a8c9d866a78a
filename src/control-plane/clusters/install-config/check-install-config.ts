import { expectedZones } from '../policy/zones.ts';
import type { Profile } from '../profiles/profile.ts';
import { machineSetPools } from '../profiles/profile-pools.ts';
import type { InstallConfigProblem } from './install-config-problem.ts';
import { type InstallConfigSpec, renderInstallConfig } from './render-install-config.ts';
import { validateInstallConfig } from './validate-install-config.ts';

/** Valid in form. The real pull secret is only read by the create job. */
const PLACEHOLDER_PULL_SECRET = '{"auths":{"registry.invalid":{"auth":"cGxhY2Vob2xkZXI="}}}';

/** @returns what the installer or the cloud would reject in the install-config of a create; the pull secret is not checked. */
export function checkInstallConfig(
  spec: Omit<InstallConfigSpec, 'pullSecret'>,
  now?: Date,
): InstallConfigProblem[] {
  const zones = spec.zones ?? likelyZones(spec);
  return validateInstallConfig(renderInstallConfig({ ...spec, pullSecret: PLACEHOLDER_PULL_SECRET, zones }), {
    now,
    furtherMachines: furtherMachines(spec.profile),
  });
}

/** @returns the machines of pools that the install-config does not describe */
export function furtherMachines(profile: Profile): number {
  return machineSetPools(profile).reduce((sum, { replicas }) => sum + replicas, 0);
}

/** As many as the worker will choose (clouds/aws/zones.ts): the size of the subnets depends on their number. In existing subnets it chooses none. */
function likelyZones({ profile, resolved }: Omit<InstallConfigSpec, 'pullSecret'>): string[] | undefined {
  if (profile.platform !== 'aws' || profile.platformConfig.aws.subnets !== undefined) return undefined;
  const count = expectedZones(resolved.region, profile.compute.controlPlane.replicas);
  return [...'abcdef'].slice(0, count).map((letter) => `${resolved.region}${letter}`);
}

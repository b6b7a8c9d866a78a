import type { components } from '../../../contract/api.gen.ts';
import { workerBounds } from '../policy/workers.ts';
import type { Profile } from '../profiles/profile.ts';
import { manifestsDigest } from '../profiles/profile-manifests.ts';
import type { Settable } from '../profiles/profile-settable.ts';

/** The part of a profile that a requester chooses from. */
export function presentProfile(profile: Profile): components['schemas']['Profile'] {
  const { controlPlane, workers, pools = [] } = profile.compute;
  const { min: minReplicas, max: maxReplicas } = workerBounds(profile);
  const { defaultTTLHours, maxTTLHours, allowCustomTTL, warnBeforeDestroyHours } = profile.lifecycle;
  return {
    name: profile.name,
    displayName: profile.displayName,
    description: profile.description,
    platform: profile.platform,
    enabled: profile.enabled,
    openshiftVersions: profile.openshiftVersions,
    ...(profile.releaseImage === undefined ? {} : { releaseImage: profile.releaseImage }),
    regions: profile.regions,
    baseDomains: profile.baseDomains,
    controlPlane: {
      replicas: controlPlane.replicas,
      instanceType: controlPlane.instanceType,
      schedulable: controlPlane.schedulable,
    },
    workers: {
      replicas: workers.replicas,
      minReplicas,
      maxReplicas,
      instanceType: workers.instanceType,
      scaleToZero: workers.scaleToZero ?? false,
    },
    ...(profile.manifests === undefined ? {} : { manifests: presentManifests(profile.manifests) }),
    settable: (profile.settable ?? []).map(presentSettable),
    pools: pools.map(({ name, replicas, instanceType }) => ({ name, replicas, instanceType })),
    lifecycle: { defaultTTLHours, maxTTLHours, allowCustomTTL, warnBeforeDestroyHours },
    estimatedHourlyCost: profile.costControls.estimatedHourlyCost,
  };
}

function presentManifests(
  manifests: NonNullable<Profile['manifests']>,
): components['schemas']['ProfileManifests'] {
  const files = manifests.map(({ file, apiVersion, kind, name }) => ({ file, apiVersion, kind, name }));
  return { digest: manifestsDigest(manifests), files };
}

function presentSettable(item: Settable): NonNullable<components['schemas']['Profile']['settable']>[number] {
  const { key, type, description } = item;
  const shown = { key, type, ...(description === undefined ? {} : { description }) };
  if (item.type === 'string') return item.values === undefined ? shown : { ...shown, values: item.values };
  if (item.type === 'boolean') return shown;
  const { min, max } = item;
  return { ...shown, ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

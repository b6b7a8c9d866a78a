import type { CredentialsMode } from '../clouds/cloud.ts';
import type { ResolvedRequest } from '../policy/cluster-request.ts';
import type { AwsProfile, IbmcloudProfile, Profile } from '../profiles/profile.ts';
import { EDGE_POOL, type MachinePoolProfile } from '../profiles/profile-pools.ts';
import { architectureOf } from './architecture.ts';
import type {
  AwsMachinePool,
  AwsPlatform,
  IbmcloudPlatform,
  InstallConfigDocument,
  MachinePool,
  Networking,
} from './install-config-document.ts';
import { mergeFragment } from './merge-fragment.ts';
import { setFragment } from './set-fragment.ts';
import { maskUrlPasswords } from './url-passwords.ts';

/** Input of an install-config. */
export interface InstallConfigSpec {
  readonly resolved: ResolvedRequest;
  readonly profile: Profile;
  readonly effectiveTags: Readonly<Record<string, string>>;
  /** The JSON text of the pull secret. */
  readonly pullSecret: string;
  /** Credentials mode on AWS; undefined leaves it to the installer. On IBM Cloud it is always Manual. */
  readonly credentialsMode?: CredentialsMode | undefined;
  /** AWS: the zones of all machines, chosen when the create runs; without them the installer uses all of the region. */
  readonly zones?: readonly string[] | undefined;
}

/** Replaces the pull secret in documents that are shown. */
export const MASKED_PULL_SECRET = '(sealed)';

const DEFAULT_NETWORKING: Networking = {
  networkType: 'OVNKubernetes',
  clusterNetwork: [{ cidr: '10.128.0.0/14', hostPrefix: 23 }],
  serviceNetwork: ['172.30.0.0/16'],
  machineNetwork: [{ cidr: '10.0.0.0/16' }],
};

/**
 * Builds the install-config as data. Every setting of the profile is written explicitly, also where it equals a default. The profile's
 * fragment is merged after that, and what the request sets last; neither can set what the control plane depends on (`profile-fragment.ts`).
 */
export function renderInstallConfig(spec: InstallConfigSpec): InstallConfigDocument {
  const { profile, resolved } = spec;
  const ofProfile = mergeFragment(renderFields(spec), profile.installConfig ?? {});
  return mergeFragment(ofProfile, setFragment(resolved.setValues));
}

function renderFields(spec: InstallConfigSpec): InstallConfigDocument {
  const { resolved, profile } = spec;
  const { controlPlane, workers } = profile.compute;
  return {
    apiVersion: 'v1',
    metadata: { name: resolved.name },
    baseDomain: resolved.baseDomain,
    publish: profile.features.privateCluster ? 'Internal' : 'External',
    ...credentialsModeOf(spec),
    fips: profile.features.fipsMode,
    controlPlane: {
      name: 'master',
      ...machinePool(spec, controlPlane),
    },
    compute: [
      { name: 'worker', ...machinePool(spec, { ...workers, replicas: resolved.workerReplicas }) },
      ...edgePools(spec),
    ],
    networking: networkingOf(profile),
    platform: profile.platform === 'aws' ? awsPlatform(spec, profile) : ibmcloudPlatform(spec, profile),
    pullSecret: spec.pullSecret,
    ...(resolved.sshPublicKey === undefined ? {} : { sshKey: resolved.sshPublicKey }),
    ...egressOf(profile),
  };
}

/** How machines reach registries and the cloud. */
function egressOf({
  proxy,
  additionalTrustBundle: bundle,
  additionalTrustBundlePolicy: policy,
}: Profile): Pick<InstallConfigDocument, 'proxy' | 'additionalTrustBundle' | 'additionalTrustBundlePolicy'> {
  return {
    ...(proxy === undefined ? {} : { proxy }),
    ...(bundle === undefined ? {} : { additionalTrustBundle: bundle }),
    ...(policy === undefined ? {} : { additionalTrustBundlePolicy: policy }),
  };
}

/** The install-config of a preview, with the pull secret and passwords in URLs masked. */
export function renderMaskedInstallConfig(
  spec: Omit<InstallConfigSpec, 'pullSecret'>,
): InstallConfigDocument {
  const document = renderInstallConfig({ ...spec, pullSecret: MASKED_PULL_SECRET });
  return maskUrlPasswords(document) as InstallConfigDocument;
}

function credentialsModeOf({ profile, credentialsMode }: InstallConfigSpec): {
  credentialsMode?: CredentialsMode;
} {
  if (profile.platform === 'ibmcloud') return { credentialsMode: 'Manual' };
  return credentialsMode === undefined ? {} : { credentialsMode };
}

type PoolSpec = Pick<MachinePoolProfile, 'replicas' | 'instanceType' | 'rootVolume' | 'kmsKey'>;

function machinePool(spec: InstallConfigSpec, pool: PoolSpec): MachinePool {
  const { replicas, instanceType: type } = pool;
  const { profile } = spec;
  return {
    replicas,
    architecture: architectureOf(type),
    hyperthreading: 'Enabled',
    platform: profile.platform === 'aws' ? { aws: awsMachine(spec, profile, pool) } : { ibmcloud: { type } },
  };
}

function awsMachine(
  { zones: chosen }: InstallConfigSpec,
  profile: AwsProfile,
  pool: PoolSpec,
): AwsMachinePool {
  const { instanceMetadataService, rootVolume, kmsKey, zones = chosen } = profile.platformConfig.aws;
  return {
    type: pool.instanceType,
    metadataService: { authentication: instanceMetadataService === 'required' ? 'Required' : 'Optional' },
    rootVolume: awsVolume(pool.rootVolume ?? rootVolume, pool.kmsKey ?? kmsKey),
    ...(zones === undefined ? {} : { zones }),
  };
}

function awsVolume(
  { type, size, iops }: AwsProfile['platformConfig']['aws']['rootVolume'],
  kmsKey: string | undefined,
): AwsMachinePool['rootVolume'] {
  return {
    type,
    size,
    ...(iops === undefined ? {} : { iops }),
    ...(kmsKey === undefined ? {} : { kmsKeyARN: kmsKey }),
  };
}

/** Not all of these zones have gp3, so the installer's default for them is gp2. */
function edgePools(spec: InstallConfigSpec): InstallConfigDocument['compute'] {
  const { profile } = spec;
  const edge = profile.compute.pools?.find(({ name }) => name === EDGE_POOL);
  if (edge === undefined || profile.platform !== 'aws') return [];
  const rootVolume = edge.rootVolume ?? { type: 'gp2', size: profile.platformConfig.aws.rootVolume.size };
  const pool = machinePool(spec, edge);
  const machine = awsMachine(spec, profile, { ...edge, rootVolume });
  return [{ name: EDGE_POOL, ...pool, platform: { aws: { ...machine, zones: edge.zones ?? [] } } }];
}

function networkingOf(profile: Profile): Networking {
  if (profile.networking === undefined) return DEFAULT_NETWORKING;
  const { networkType, clusterNetworks, serviceNetwork, machineNetwork } = profile.networking;
  return { networkType, clusterNetwork: clusterNetworks, serviceNetwork, machineNetwork };
}

function awsPlatform(
  { resolved, effectiveTags }: InstallConfigSpec,
  profile: AwsProfile,
): InstallConfigDocument['platform'] {
  const { subnets, hostedZone, hostedZoneRole } = profile.platformConfig.aws;
  const aws: AwsPlatform = {
    region: resolved.region,
    userTags: effectiveTags,
    propagateUserTags: true,
    ...(subnets === undefined ? {} : existingSubnets(subnets, resolved.version)),
    ...(hostedZone === undefined ? {} : { hostedZone }),
    ...(hostedZoneRole === undefined ? {} : { hostedZoneRole }),
  };
  return { aws };
}

/** 4.19 replaced the list of ids. */
function existingSubnets(ids: readonly string[], version: string): Pick<AwsPlatform, 'subnets' | 'vpc'> {
  const minor = Number(version.split('.')[1]);
  return minor < 19 ? { subnets: ids } : { vpc: { subnets: ids.map((id) => ({ id })) } };
}

/** The installer cannot set tags on IBM Cloud, and nothing else does yet: the effective tags are only recorded with the cluster. */
function ibmcloudPlatform(
  spec: InstallConfigSpec,
  profile: IbmcloudProfile,
): InstallConfigDocument['platform'] {
  const site = profile.platformConfig.ibmcloud;
  const platform: IbmcloudPlatform = {
    region: spec.resolved.region,
    ...(site.resourceGroup === undefined ? {} : { resourceGroupName: site.resourceGroup }),
    ...(site.networkResourceGroup === undefined
      ? {}
      : { networkResourceGroupName: site.networkResourceGroup }),
    ...(site.vpcName === undefined ? {} : { vpcName: site.vpcName }),
    ...(site.controlPlaneSubnets === undefined ? {} : { controlPlaneSubnets: site.controlPlaneSubnets }),
    ...(site.computeSubnets === undefined ? {} : { computeSubnets: site.computeSubnets }),
  };
  return { ibmcloud: platform };
}

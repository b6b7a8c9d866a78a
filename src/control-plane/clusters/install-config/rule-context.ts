import type { IpNetwork } from '../../kernel/ip-network.ts';
import type { InstallConfigInput, PoolInput } from './install-config-input.ts';

/** Names of platforms in the order in which the installer looks for the one that is meant. */
export const PLATFORM_NAMES = [
  'aws',
  'azure',
  'baremetal',
  'external',
  'gcp',
  'ibmcloud',
  'none',
  'nutanix',
  'openstack',
  'ovirt',
  'powervs',
  'vsphere',
] as const;

export interface ClusterNetwork {
  readonly cidr: IpNetwork;
  readonly hostPrefix: number;
}

/** Networking with deprecated names resolved and defaults filled in. */
export interface EffectiveNetworking {
  readonly networkType: string;
  readonly machine: readonly IpNetwork[];
  readonly service: readonly IpNetwork[];
  readonly cluster: readonly ClusterNetwork[];
  readonly mtu: number;
  readonly joinSubnet: IpNetwork | undefined;
}

export interface EffectivePool extends PoolInput {
  readonly name: string;
  readonly replicas: number;
  readonly architecture: string;
  readonly hyperthreading: string;
}

/** What rules judge: the input, and beside it what the installer would make of the parts that it defaults. */
export interface RuleContext {
  readonly input: InstallConfigInput;
  /** The platform that is meant, or an empty text. */
  readonly platform: string;
  readonly platforms: readonly string[];
  readonly publish: string;
  readonly credentialsMode: string;
  readonly networking: EffectiveNetworking;
  readonly controlPlane: EffectivePool;
  readonly compute: readonly EffectivePool[];
}

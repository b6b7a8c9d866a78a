import type { IpNetwork } from '../../kernel/ip-network.ts';
import type { InstallConfigInput, PoolInput } from './install-config-input.ts';

/** Names of platforms, in the order in which the installer checks which one is given. */
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

/** Networking with deprecated names resolved and defaults applied. */
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

/** Input of the rules: the document, and the values the installer would use where it applies defaults. */
export interface RuleContext {
  readonly input: InstallConfigInput;
  /** The platform of the cluster; empty if none is given. */
  readonly platform: string;
  readonly platforms: readonly string[];
  readonly publish: string;
  readonly credentialsMode: string;
  readonly networking: EffectiveNetworking;
  readonly controlPlane: EffectivePool;
  readonly compute: readonly EffectivePool[];
  /** For what ends by itself; undefined for the checks of the installer only. */
  readonly now?: Date | undefined;
  /** Machines of pools that are not in the document. */
  readonly furtherMachines?: number;
}

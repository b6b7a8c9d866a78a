import type { CredentialsMode } from '../clouds/cloud.ts';

/** The install-config of `openshift-install` (apiVersion v1), as far as we write it. Names and shapes are the installer's. */
export interface InstallConfigDocument {
  readonly apiVersion: 'v1';
  readonly metadata: { readonly name: string };
  readonly baseDomain: string;
  readonly publish: 'External' | 'Internal';
  readonly credentialsMode?: CredentialsMode;
  readonly fips: boolean;
  readonly controlPlane: MachinePool & { readonly name: 'master' };
  readonly compute: readonly [MachinePool & { readonly name: 'worker' }];
  readonly networking: Networking;
  readonly platform: { readonly aws: AwsPlatform } | { readonly ibmcloud: IbmcloudPlatform };
  readonly pullSecret: string;
  readonly sshKey?: string;
}

export interface MachinePool {
  readonly replicas: number;
  readonly architecture: Architecture;
  readonly hyperthreading: 'Enabled';
  readonly platform: { readonly aws: AwsMachinePool } | { readonly ibmcloud: { readonly type: string } };
}

export type Architecture = 'amd64' | 'arm64' | 's390x';

export interface Networking {
  readonly networkType: string;
  readonly clusterNetwork: readonly { readonly cidr: string; readonly hostPrefix: number }[];
  readonly serviceNetwork: readonly string[];
  readonly machineNetwork: readonly { readonly cidr: string }[];
}

export interface AwsMachinePool {
  readonly type: string;
  readonly metadataService: { readonly authentication: 'Required' | 'Optional' };
  readonly rootVolume: { readonly type: string; readonly size: number; readonly iops?: number };
}

export interface AwsPlatform {
  readonly region: string;
  readonly userTags: Readonly<Record<string, string>>;
  readonly propagateUserTags: true;
}

export interface IbmcloudPlatform {
  readonly region: string;
  readonly resourceGroupName?: string;
  readonly networkResourceGroupName?: string;
  readonly vpcName?: string;
  readonly controlPlaneSubnets?: readonly string[];
  readonly computeSubnets?: readonly string[];
}

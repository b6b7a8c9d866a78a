import type { CredentialsMode } from '../clouds/cloud.ts';

/** The part of the install-config (apiVersion v1) that we write. Names and structure are the installer's. */
export interface InstallConfigDocument {
  readonly apiVersion: 'v1';
  readonly metadata: { readonly name: string };
  readonly baseDomain: string;
  readonly publish: 'External' | 'Internal';
  readonly credentialsMode?: CredentialsMode;
  readonly fips: boolean;
  readonly controlPlane: MachinePool & { readonly name: 'master' };
  readonly compute: readonly (MachinePool & { readonly name: 'worker' | 'edge' })[];
  readonly networking: Networking;
  readonly platform: { readonly aws: AwsPlatform } | { readonly ibmcloud: IbmcloudPlatform };
  readonly pullSecret: string;
  readonly sshKey?: string;
  readonly proxy?: {
    readonly httpProxy?: string | undefined;
    readonly httpsProxy?: string | undefined;
    readonly noProxy?: string | undefined;
  };
  readonly additionalTrustBundle?: string;
  readonly additionalTrustBundlePolicy?: 'Proxyonly' | 'Always';
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
  readonly zones?: readonly string[];
  readonly metadataService: { readonly authentication: 'Required' | 'Optional' };
  readonly rootVolume: {
    readonly type: string;
    readonly size: number;
    readonly iops?: number;
    readonly kmsKeyARN?: string;
  };
}

export interface AwsPlatform {
  readonly region: string;
  readonly userTags: Readonly<Record<string, string>>;
  readonly propagateUserTags: true;
  /** Until 4.18; later the installer takes `vpc`. */
  readonly subnets?: readonly string[];
  readonly vpc?: { readonly subnets: readonly { readonly id: string }[] };
  readonly hostedZone?: string;
  readonly hostedZoneRole?: string;
}

export interface IbmcloudPlatform {
  readonly region: string;
  readonly resourceGroupName?: string;
  readonly networkResourceGroupName?: string;
  readonly vpcName?: string;
  readonly controlPlaneSubnets?: readonly string[];
  readonly computeSubnets?: readonly string[];
}

/**
 * Characters that JSON does not escape but YAML 1.1 reads as line breaks, as a byte order mark or as not printable.
 * Surrogate pairs are left as they are, because YAML has no escape for half of one.
 */
const NEEDS_ESCAPE = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * @returns the document as JSON, which is valid YAML. Every string is quoted, so a cluster name such as `on` or `1e3`
 * remains a string for the installer's YAML 1.1 parser, and no value can add a key.
 */
export function serialiseInstallConfig(document: InstallConfigDocument): string {
  const json = JSON.stringify(document, null, 2);
  return `${json.replace(NEEDS_ESCAPE, (character) => `\\u${hex4(character)}`)}\n`;
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}

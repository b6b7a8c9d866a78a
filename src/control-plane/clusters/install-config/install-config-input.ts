/**
 * The part of any install-config that the rules read, after `shapeProblems` has accepted its names and types.
 * Every field may be absent; `null` has been removed.
 */
export interface InstallConfigInput {
  readonly apiVersion?: string;
  readonly metadata?: { readonly name?: string };
  readonly baseDomain?: string;
  readonly platform?: PlatformsInput;
  readonly controlPlane?: PoolInput;
  readonly compute?: readonly PoolInput[];
  readonly arbiter?: PoolInput;
  readonly networking?: NetworkingInput;
  readonly publish?: string;
  readonly operatorPublishingStrategy?: { readonly apiserver?: string; readonly ingress?: string };
  readonly credentialsMode?: string;
  readonly fips?: boolean;
  readonly featureSet?: string;
  readonly featureGates?: readonly string[];
  readonly cpuPartitioningMode?: string;
  readonly proxy?: { readonly httpProxy?: string; readonly httpsProxy?: string; readonly noProxy?: string };
  readonly additionalTrustBundle?: string;
  readonly additionalTrustBundlePolicy?: string;
  readonly capabilities?: {
    readonly baselineCapabilitySet?: string;
    readonly additionalEnabledCapabilities?: readonly string[];
  };
  readonly imageDigestSources?: readonly ImageSourceInput[];
  readonly imageContentSources?: readonly ImageSourceInput[];
  readonly pullSecret?: string;
  readonly sshKey?: string;
}

export interface ImageSourceInput {
  readonly source?: string;
  readonly mirrors?: readonly string[];
}

export interface NetworkingInput {
  readonly networkType?: string;
  readonly type?: string;
  readonly clusterNetwork?: readonly ClusterNetworkInput[];
  readonly clusterNetworks?: readonly ClusterNetworkInput[];
  readonly serviceNetwork?: readonly string[];
  readonly serviceCIDR?: string;
  readonly machineNetwork?: readonly { readonly cidr?: string }[];
  readonly machineCIDR?: string;
  readonly clusterNetworkMTU?: number;
  readonly ovnKubernetesConfig?: { readonly ipv4?: { readonly internalJoinSubnet?: string } };
}

export interface ClusterNetworkInput {
  readonly cidr?: string;
  readonly hostPrefix?: number;
  readonly hostSubnetLength?: number;
}

export interface PoolInput {
  readonly name?: string;
  readonly replicas?: number;
  readonly architecture?: string;
  readonly hyperthreading?: string;
  readonly fencing?: { readonly credentials?: readonly unknown[] };
  readonly platform?: PoolPlatformsInput;
}

export interface PoolPlatformsInput {
  readonly aws?: AwsPoolInput;
  readonly ibmcloud?: IbmcloudPoolInput;
  readonly openstack?: OpenstackPoolInput;
}

export interface AwsPoolInput {
  readonly zones?: readonly string[];
  readonly amiID?: string;
  readonly rootVolume?: {
    readonly type?: string;
    readonly size?: number;
    readonly iops?: number | undefined;
  };
  readonly metadataService?: { readonly authentication?: string };
  readonly additionalSecurityGroupIDs?: readonly string[];
}

export interface IbmcloudPoolInput {
  readonly type?: string;
  readonly zones?: readonly string[];
  readonly bootVolume?: { readonly encryptionKey?: string };
  readonly dedicatedHosts?: readonly { readonly name?: string; readonly profile?: string }[];
}

export interface OpenstackPoolInput {
  readonly zones?: readonly string[];
  readonly serverGroupPolicy?: string;
  readonly rootVolume?: {
    readonly type?: string;
    readonly types?: readonly string[];
    readonly zones?: readonly string[];
  };
}

export interface PlatformsInput {
  readonly aws?: AwsPlatformInput;
  readonly ibmcloud?: IbmcloudPlatformInput;
  readonly openstack?: OpenstackPlatformInput;
}

export interface ServiceEndpointInput {
  readonly name?: string;
  readonly url?: string;
}

export interface AwsSubnetInput {
  readonly id?: string;
  readonly roles?: readonly { readonly type?: string }[];
}

export interface AwsPlatformInput {
  readonly region?: string;
  readonly amiID?: string;
  readonly userTags?: Readonly<Record<string, string>>;
  readonly subnets?: readonly string[];
  readonly vpc?: { readonly subnets?: readonly AwsSubnetInput[] };
  readonly hostedZone?: string;
  readonly hostedZoneRole?: string;
  readonly serviceEndpoints?: readonly ServiceEndpointInput[];
  readonly userProvisionedDNS?: string;
  readonly defaultMachinePlatform?: AwsPoolInput;
}

export interface IbmcloudPlatformInput {
  readonly region?: string;
  readonly vpcName?: string;
  readonly controlPlaneSubnets?: readonly string[];
  readonly computeSubnets?: readonly string[];
  readonly serviceEndpoints?: readonly ServiceEndpointInput[];
  readonly defaultMachinePlatform?: IbmcloudPoolInput;
}

export interface OpenstackPlatformInput {
  readonly externalDNS?: readonly string[];
  readonly apiVIPs?: readonly string[];
  readonly ingressVIPs?: readonly string[];
  readonly apiVIP?: string;
  readonly ingressVIP?: string;
  readonly machinesSubnet?: string;
  readonly apiFloatingIP?: string;
  readonly lbFloatingIP?: string;
  readonly loadBalancer?: { readonly type?: string };
  readonly controlPlanePort?: {
    readonly network?: { readonly id?: string };
    readonly fixedIPs?: readonly { readonly subnet?: { readonly id?: string; readonly name?: string } }[];
  };
  readonly defaultMachinePlatform?: OpenstackPoolInput;
}

import type { CloudFaults } from './cloud-faults.ts';

/** A thing that exists in a cloud, as a read-back or an orphan scan sees it. */
export interface CloudResource {
  readonly id: string;
  readonly arn: string;
  /** Service and kind, such as `ec2:vpc`. */
  readonly type: string;
  readonly region: string;
  readonly name: string;
  readonly infraId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: Date;
}

export interface CloudQuery {
  readonly clusterId: string;
  /** Every infraID that the cluster ever had and that may have left something. */
  readonly infraIds: readonly string[];
  /** Where the cluster is; what a cloud keeps elsewhere for all regions, it looks for there as well. */
  readonly regions: readonly string[];
  /** With both, public DNS records are found too: they carry no tag and no infraID. */
  readonly clusterName?: string;
  readonly baseDomain?: string;
}

/** How the operators of a cluster get their cloud credentials, in the installer's words. */
export type CredentialsMode = 'Mint' | 'Passthrough' | 'Manual';

/** What an installer gets credentials for. */
export interface InstallerPurpose {
  readonly command: 'create' | 'destroy';
  /** `credentialsMode` of the install-config, if it has one. */
  readonly credentialsMode?: string | undefined;
}

export interface MachineDemand {
  readonly replicas: number;
  readonly instanceType: string;
}

/** What a create is about to ask of the cloud. */
export interface PreflightRequest {
  readonly region: string;
  readonly baseDomain: string;
  readonly publish: 'External' | 'Internal';
  readonly credentialsMode?: string | undefined;
  readonly controlPlane: MachineDemand;
  readonly workers: MachineDemand;
  /** IBM Cloud: one that the profile names; without it the installer makes one for each cluster. */
  readonly resourceGroup?: string | undefined;
  /** Installed into subnets that exist: no network, gateway or address is made. */
  readonly ownSubnets: boolean;
  /** Creates accepted before this one for the region that have not taken from the cloud what they will need. */
  readonly createsInFlight: number;
}

/** Proven; it would make the create fail later. */
export interface PreflightProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Whether it may go away by itself. */
  readonly retryable: boolean;
}

export interface PreflightReport {
  /** The account that the worker's credentials belong to, and whom the cloud takes the worker for. */
  readonly account: string;
  readonly principal: string;
  readonly problems: readonly PreflightProblem[];
  /** What could not be looked up, and why: no reason to refuse. */
  readonly notes: readonly string[];
}

/** What the control plane asks of a cloud; one implementation per kind of cloud, the sandbox among them. Methods throw CloudError. */
export interface Cloud {
  readonly kind: 'sandbox' | 'aws' | 'ibmcloud';
  /** Of new clusters here; undefined leaves it to the installer. */
  readonly credentialsMode?: CredentialsMode | undefined;
  /** The account that the worker's credentials belong to. */
  account(): Promise<string>;
  /** What can be known in seconds before an install of most of an hour. */
  preflight(request: PreflightRequest, signal: AbortSignal): Promise<PreflightReport>;
  /**
   * Everything that belongs to a cluster, found by tag and by infraID in each region, all pages, after the cloud's own delay in
   * listing has been waited out. An empty list is the only proof that a cluster is gone.
   */
  find(query: CloudQuery, signal: AbortSignal): Promise<CloudResource[]>;
  /** The installer's environment for this cloud: credentials and nothing else. */
  installerCredentials(use: InstallerPurpose): Promise<{
    readonly credentials: Readonly<Record<string, string>>;
    readonly extra: Readonly<Record<string, string>>;
  }>;
  /** Everything, whosever it is; only where the whole cloud is ours to show. */
  listAll?(): Promise<CloudResource[]>;
  /** Only where everything is simulated. */
  readonly faults?: CloudFaults;
}

import type { CloudFaults } from './cloud-faults.ts';

/** A resource in a cloud, as a read-back finds it. */
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
  /** What else a person has to know to remove it: who uses it, or why its existence is uncertain. */
  readonly note?: string;
}

export interface CloudQuery {
  readonly clusterId: string;
  /** Every infraID the cluster has had: each attempt has its own and may have left resources. */
  readonly infraIds: readonly string[];
  /** Regions of the cluster. Global services are always searched too. */
  readonly regions: readonly string[];
  /** With both, public DNS records are found as well: they have neither a tag nor an infraID. */
  readonly clusterName?: string;
  readonly baseDomain?: string;
  /** AWS: the role for the hosted zone of another account, whose records are searched as well. */
  readonly hostedZoneRole?: string | undefined;
}

/** A cluster that has ended, of which nothing should be left. */
export interface EndedCluster {
  readonly clusterId: string;
  readonly name: string;
  readonly baseDomain: string;
  /** All that it ever had, the newest last. */
  readonly infraIds: readonly string[];
}

export interface OrphanQuery {
  readonly regions: readonly string[];
  /** Of this account. Their names and domains are searched too: not everything has tags. */
  readonly ended: readonly EndedCluster[];
}

/** An infraID under which something may exist. */
export interface OrphanProposal {
  readonly infraId: string;
  /** The tags of each resource that was seen. */
  readonly tags: readonly Readonly<Record<string, string>>[];
  /** What the infraID is a user of, and not the owner (G5). */
  readonly shared: readonly CloudResource[];
}

/** `credentialsMode` of the install-config: how the operators of a cluster get cloud credentials. */
export type CredentialsMode = 'Mint' | 'Passthrough' | 'Manual';

/** What the installer needs credentials for. */
export interface InstallerPurpose {
  readonly command: 'create' | 'destroy';
  /** `credentialsMode` of the install-config, if it has one. */
  readonly credentialsMode?: string | undefined;
}

/** The program that gets them. */
export interface CredentialsProgram {
  /** Its HOME, in which the cloud may keep a session that it renews. */
  readonly home: string;
  /** Called with each secret that the program gets later. */
  readonly onSecret: (value: string) => void;
  /** Called when a session cannot be renewed. */
  readonly onProblem: (message: string) => void;
}

export interface InstallerCredentials {
  readonly credentials: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, string>>;
  /** Ends the renewal of a session; to be called when the program has ended. */
  close?(): Promise<void>;
}

export interface MachineDemand {
  readonly replicas: number;
  readonly instanceType: string;
  /** AWS: spot instances, which have a quota of their own. */
  readonly spot?: boolean;
}

/** AWS: machines besides control plane and workers. */
export interface PoolDemand extends MachineDemand {
  readonly name: string;
  /** Undefined for the zones of the cluster. */
  readonly zones?: readonly string[] | undefined;
}

/** What a create will need from the cloud. */
export interface PreflightRequest {
  readonly region: string;
  readonly baseDomain: string;
  /** Undefined when the account is checked without a cluster to create. */
  readonly clusterName?: string | undefined;
  readonly publish: 'External' | 'Internal';
  readonly credentialsMode?: string | undefined;
  readonly controlPlane: MachineDemand;
  readonly workers: MachineDemand;
  readonly pools?: readonly PoolDemand[] | undefined;
  /** IBM Cloud: the resource group of the profile. Without it the installer creates one per cluster. */
  readonly resourceGroup?: string | undefined;
  /** True if the cluster uses existing subnets: no network, gateway or address is created. */
  readonly ownSubnets: boolean;
  /** AWS: an existing private hosted zone, with the role for it if it is in another account. */
  readonly hostedZone?: { readonly id: string; readonly role?: string | undefined } | undefined;
  /** AWS: what of IAM exists for all machines of the cluster; undefined if the installer creates roles and instance profiles. */
  readonly ownIam?: 'roles' | 'instance profiles' | undefined;
  /** AWS: the zones that the profile names; undefined chooses them. */
  readonly zones?: readonly string[] | undefined;
  /** Creates accepted earlier for this region whose resources do not exist yet. */
  readonly createsInFlight: number;
}

/** Something proven that would make the create fail later. */
export interface PreflightProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Whether a later attempt may succeed without anyone changing anything. */
  readonly retryable: boolean;
}

const MAX_SHOWN = 5;

/** @returns the first of a list for a message, and how many more there are: `a, b and 7 more` */
export function firstFew(items: readonly string[], separator = ', '): string {
  const shown = items.slice(0, MAX_SHOWN).join(separator);
  return items.length > MAX_SHOWN ? `${shown} and ${items.length - MAX_SHOWN} more` : shown;
}

/**
 * Records below the domain of a cluster that is about to be created. Records have no owner: a destroy could not tell them from the
 * cluster's, and would never be verified. @param records their names
 */
export function recordsExist(
  domain: string,
  records: readonly string[],
): PreflightProblem & { code: 'DNS_RECORDS_EXIST' } {
  return {
    code: 'DNS_RECORDS_EXIST',
    message: `there are DNS records at or below ${domain} already: ${firstFew(records)}`,
    hint: 'remove them, or use another cluster name: a destroy could not tell them from those of the cluster',
    retryable: false,
  };
}

/** The account of the worker's credentials, and the worker's principal in it (AWS: an ARN; IBM Cloud: an IAM id). */
export interface CloudIdentity {
  readonly account: string;
  readonly principal: string;
}

export interface PreflightReport extends CloudIdentity {
  readonly problems: readonly PreflightProblem[];
  /** What could not be checked, and why. Does not stop the create. */
  readonly notes: readonly string[];
  /** AWS: the zones that the cluster should use; undefined leaves them to the installer. */
  readonly zones?: readonly string[] | undefined;
}

/** What the control plane needs from a cloud. Each kind of cloud implements it, and so does the sandbox. Methods throw CloudError. */
export interface Cloud {
  readonly kind: 'sandbox' | 'aws' | 'ibmcloud';
  /** Credentials mode of new clusters; undefined leaves it to the installer. */
  readonly credentialsMode?: CredentialsMode | undefined;
  /** The account of the worker's credentials. */
  account(): Promise<string>;
  /**
   * Without asking the cloud: whether the worker's credentials outlive a create or a destroy.
   * @throws CloudError SESSION_TOO_SHORT
   */
  assertCredentialsLast?(command: InstallerPurpose['command']): Promise<void>;
  /** Finds in seconds what would make an install of about 45 minutes fail. */
  preflight(request: PreflightRequest, signal: AbortSignal): Promise<PreflightReport>;
  /**
   * Lists all resources of a cluster, by tag and by infraID, in every region and on all pages, after waiting for the cloud's
   * listings to become consistent. Only an empty list proves that a cluster is gone (G2).
   * @param onQuestion called with each request, as `listing roles`
   */
  find(
    query: CloudQuery,
    signal: AbortSignal,
    onQuestion?: (question: string) => void,
  ): Promise<CloudResource[]>;
  /**
   * Lists the infraIDs, of anyone, under which the account may have resources. It proves nothing, because listings by tag also show what
   * is gone: `find` has to confirm each.
   */
  proposeOrphans(query: OrphanQuery, signal: AbortSignal): Promise<OrphanProposal[]>;
  /** Environment variables with the installer's credentials for this cloud. */
  installerCredentials(use: InstallerPurpose, program: CredentialsProgram): Promise<InstallerCredentials>;
  /** All resources of the cloud, of any owner; only in the sandbox. */
  listAll?(): Promise<CloudResource[]>;
  /** Only in the sandbox. */
  readonly faults?: CloudFaults;
}

/** Why a cloud could not be used. `retryable`: a later attempt may succeed. */
export class CloudError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: { hint: string; retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable;
  }
}

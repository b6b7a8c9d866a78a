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
  readonly regions: readonly string[];
}

/** What the control plane asks of a cloud; one implementation per kind of cloud, the sandbox among them. */
export interface Cloud {
  readonly kind: 'sandbox' | 'aws' | 'ibmcloud';
  /** The account that the worker's credentials belong to. */
  account(): Promise<string>;
  /**
   * Everything that belongs to a cluster, found by tag and by infraID in each region, all pages, after the cloud's own delay in
   * listing has been waited out. An empty list is the only proof that a cluster is gone.
   */
  find(query: CloudQuery, signal: AbortSignal): Promise<CloudResource[]>;
  /** The installer's environment for this cloud: credentials and nothing else. */
  installerCredentials(): Promise<{
    readonly credentials: Readonly<Record<string, string>>;
    readonly extra: Readonly<Record<string, string>>;
  }>;
  /** Everything, whosever it is; only where the whole cloud is ours to show. */
  listAll?(): Promise<CloudResource[]>;
}

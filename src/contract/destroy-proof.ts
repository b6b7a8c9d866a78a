export const IN_TOTO_PAYLOAD = 'application/vnd.in-toto+json';
export const IN_TOTO_STATEMENT = 'https://in-toto.io/Statement/v1';
export const DESTROY_PREDICATE = 'urn:ocpctl:cluster-destroyed:v1';

/** One kind of question to the cloud, and when it was asked. */
export interface AskedQuestion {
  readonly question: string;
  readonly times: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/**
 * What ocpctl states about a destroyed cluster: an in-toto statement (https://github.com/in-toto/attestation/tree/main/spec/v1) with
 * a predicate of its own.
 */
export interface DestroyStatement {
  readonly _type: typeof IN_TOTO_STATEMENT;
  /** The cluster's id (the digest is that of its text), and the stored install directory of each infraID. */
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof DESTROY_PREDICATE;
  readonly predicate: {
    readonly cluster: {
      readonly id: string;
      readonly name: string;
      readonly platform: string;
      readonly region: string;
      readonly baseDomain: string;
      readonly infraIds: readonly string[];
      readonly createdAt: string;
    };
    /**
     * Set when a sweep removed what was left under an infraID: `cluster.id` is then the id of the orphan, and this names the last known
     * cluster. The subject also has `orphan INFRAID`.
     */
    readonly orphan?: { readonly infraId: string; readonly clusterId: string | null } | undefined;
    /** The account is null for a cluster that never got as far as its checkpoint. */
    readonly cloud: {
      readonly kind: string;
      readonly account: string | null;
      /** AWS: the account of the cluster's hosted zone, if it is another one. */
      readonly hostedZoneAccount?: string | undefined;
    };
    readonly destroyedBy: {
      readonly job: string;
      readonly attempt: number;
      readonly requestedBy: string;
      /** Version of the worker. */
      readonly ocpctl: string;
    };
    readonly uninstall: UninstallOutcome;
    /** Null if the cloud did not answer and nothing had been created: no attempt had reached its checkpoint. */
    readonly readBack: ReadBackStatement | null;
  };
}

export type UninstallOutcome = 'succeeded' | 'failed' | 'timed out' | 'not needed';

export interface ReadBackStatement {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly regions: readonly string[];
  readonly domain: string;
  readonly asked: readonly AskedQuestion[];
  readonly found: readonly {
    readonly id: string;
    readonly arn: string;
    readonly type: string;
    readonly region: string;
  }[];
}

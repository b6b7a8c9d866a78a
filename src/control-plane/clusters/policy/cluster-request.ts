import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Platform } from '../profiles/profile.ts';

export type OnFailure = 'destroy' | 'preserve';

/** What a person asks for; everything but the name and the profile has a default. */
export interface ClusterRequest {
  readonly name: string;
  readonly profile: string;
  readonly version?: string | undefined;
  readonly region?: string | undefined;
  readonly baseDomain?: string | undefined;
  readonly ttlHours?: number | undefined;
  readonly team?: string | undefined;
  readonly owner?: string | undefined;
  readonly costCenter?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** One or more lines as in `authorized_keys`. */
  readonly sshPublicKey?: string | undefined;
  readonly onFailure?: OnFailure | undefined;
}

/** Who asks, as far as the policy cares. */
export interface PolicyCaller {
  readonly principal: string;
  /** Teams in which the caller may create; `*` alone does not name a team. */
  readonly teams: readonly string[];
  readonly isAdmin: boolean;
  /** The caller's own name, which becomes the owner. */
  readonly name: string;
}

/** What the team has now and may have. Read for a preview; the accepting transaction is what holds the limit. */
export interface TeamQuotas {
  /** By the database's clock. */
  readonly now: Date;
  readonly activeClusters: {
    readonly used: number;
    readonly limit: number;
    readonly nextDeadline: Date | null;
  };
  readonly concurrentCreates: { readonly used: number; readonly limit: number };
  /** Accepted in the last hour, whatever became of them. */
  readonly createsPerHour: {
    readonly used: number;
    readonly limit: number;
    readonly nextFreeAt: Date | null;
  };
}

/** A request with nothing left to decide. */
export interface ResolvedRequest {
  readonly name: string;
  readonly profile: string;
  readonly platform: Platform;
  readonly version: string;
  readonly region: string;
  readonly baseDomain: string;
  readonly ttlHours: number;
  readonly team: string;
  readonly owner: string;
  readonly costCenter: string;
  readonly requestedBy: string;
  readonly userTags: Readonly<Record<string, string>>;
  readonly sshPublicKey: string | undefined;
  readonly onFailure: OnFailure;
  readonly workerReplicas: number;
}

export type Resolution =
  | { readonly resolved: ResolvedRequest; readonly violations?: undefined }
  | { readonly resolved?: undefined; readonly violations: readonly FieldProblem[] };

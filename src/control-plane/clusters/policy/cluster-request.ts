import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Platform } from '../profiles/profile.ts';
import type { SetValues } from './set-values.ts';

export type OnFailure = 'destroy' | 'preserve';

/** A request for a cluster. Only name and profile are required. */
export interface ClusterRequest {
  readonly name: string;
  readonly profile: string;
  readonly version?: string | undefined;
  readonly region?: string | undefined;
  readonly baseDomain?: string | undefined;
  readonly ttlHours?: number | undefined;
  readonly workers?: number | undefined;
  readonly team?: string | undefined;
  readonly owner?: string | undefined;
  readonly costCenter?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** One or more lines in the format of `authorized_keys`. */
  readonly sshPublicKey?: string | undefined;
  /** Whether the workers go outside of the team's working hours. */
  readonly offhours?: boolean | undefined;
  readonly onFailure?: OnFailure | undefined;
  /** Fields of the install-config that the profile permits to set. */
  readonly set?: SetValues | undefined;
  readonly keepaliveMinutes?: number | undefined;
}

/** The caller, as the policy needs it. */
export interface PolicyCaller {
  readonly principal: string;
  /** Teams in which the caller can create clusters; `*` stands for all and names none. */
  readonly teams: readonly string[];
  readonly isAdmin: boolean;
  /** The caller's name: the default owner. */
  readonly name: string;
}

/** Limits and usage of a team. A preview reads them without a lock; only the accepting transaction enforces them. */
export interface TeamUsage {
  /** By the database's clock. */
  readonly now: Date;
  readonly activeClusters: {
    readonly used: number;
    readonly limit: number;
    readonly nextDeadline: Date | null;
  };
  readonly concurrentCreates: { readonly used: number; readonly limit: number };
  /** Creates accepted in the last hour, whatever their outcome. */
  readonly createsPerHour: {
    readonly used: number;
    readonly limit: number;
    readonly nextFreeAt: Date | null;
  };
}

/** A request with all defaults applied. */
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
  readonly offhours: boolean;
  readonly onFailure: OnFailure;
  /** Undefined: it lives until its deadline without renewals. */
  readonly keepaliveMinutes: number | undefined;
  readonly workerReplicas: number;
  readonly setValues: SetValues;
}

export type Resolution =
  | { readonly resolved: ResolvedRequest; readonly violations?: undefined }
  | { readonly resolved?: undefined; readonly violations: readonly FieldProblem[] };

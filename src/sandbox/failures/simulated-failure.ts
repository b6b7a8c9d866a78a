import type { Stage } from '../faults/stages.ts';

/** What the text of a failure speaks about. */
export interface FailureContext {
  readonly infraId: string;
  readonly clusterName: string;
  readonly baseDomain: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
}

export interface SimulatedFailure {
  /** Where it strikes when nobody says otherwise. */
  readonly stage: Stage;
  /** The error as the cloud or the cluster words it: the codes are real, the prose is short. */
  readonly cause: (context: FailureContext) => string;
  /** Asset that fails, for failures before the infrastructure. */
  readonly asset?: string;
  /** Operators that are named as not ready, with the reason of their condition. */
  readonly operators?: Readonly<Record<string, string>>;
}

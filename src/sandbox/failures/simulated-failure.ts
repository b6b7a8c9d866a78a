import type { Stage } from '../faults/stages.ts';

/** The values that failure texts mention. */
export interface FailureContext {
  readonly infraId: string;
  readonly clusterName: string;
  readonly baseDomain: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
}

export interface SimulatedFailure {
  /** Default stage. */
  readonly stage: Stage;
  /** The error text of the cloud or the cluster, with real codes and shortened prose. */
  readonly cause: (context: FailureContext) => string;
  /** The asset that fails, for failures before the infrastructure. */
  readonly asset?: string;
  /** Operators that are not ready, with the reason of their condition. */
  readonly operators?: Readonly<Record<string, string>>;
}

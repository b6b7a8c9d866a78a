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

/** An error of the AWS SDK for Go v2, as it appears inside the installer's messages. */
export function aws(
  service: string,
  operation: string,
  status: number,
  code: string,
  message: string,
): string {
  return `operation error ${service}: ${operation}, https response error StatusCode: ${status}, RequestID: 5f0c8a52-0d4e-4c57-9a35-7f1d5f2c6b11, api error ${code}: ${message}`;
}

export function ec2(operation: string, status: number, code: string, message: string): string {
  return aws('EC2', operation, status, code, message);
}

export function route53(code: string, message: string): string {
  return aws('Route 53', 'ChangeResourceRecordSets', 400, code, message);
}

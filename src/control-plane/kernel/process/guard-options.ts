import type { GuardedCommand } from './guarded-process.ts';

/** How programs of one worker are guarded. */
export interface GuardSettings {
  /** The program that ends them when the worker dies. */
  readonly guardPath: string;
  /** Between SIGTERM and SIGKILL. */
  readonly killAfterMs: number;
  readonly leaseMs: number;
}

type GuardOptions = Pick<
  GuardedCommand,
  'guardPath' | 'killAfterMs' | 'heartbeatMs' | 'leaseMs' | 'leaseRemainingMs' | 'owner'
>;

/** A program that works for a job lives no longer than the lease on the job's lane (G7). */
export function guardOptions(
  { guardPath, killAfterMs, leaseMs }: GuardSettings,
  attempt: { readonly job: { readonly resourceId: string }; leaseRemainingMs(): number },
): GuardOptions {
  return {
    guardPath,
    killAfterMs,
    heartbeatMs: leaseMs / 10,
    leaseMs,
    leaseRemainingMs: () => attempt.leaseRemainingMs(),
    owner: attempt.job.resourceId,
  };
}

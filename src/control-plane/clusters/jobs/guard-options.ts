import type { JobContext } from '../../kernel/jobs/job.ts';
import type { GuardedCommand } from '../../kernel/process/guarded-process.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';

type GuardOptions = Pick<
  GuardedCommand,
  'guardPath' | 'killAfterMs' | 'heartbeatMs' | 'leaseMs' | 'leaseRemainingMs' | 'owner'
>;

/** How a program that works for a job is guarded: it lives no longer than the lease on the job's lane. */
export function guardOptions(
  { guardPath, killAfterMs, leaseMs }: ClusterJobContext,
  attempt: JobContext,
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

import type { JobContext } from '../../kernel/jobs/job.ts';
import type { GuardedCommand } from '../../kernel/process/guarded-process.ts';
import type { Workshop } from './workshop.ts';

type GuardTerms = Pick<
  GuardedCommand,
  'guardPath' | 'killAfterMs' | 'heartbeatMs' | 'leaseMs' | 'leaseRemainingMs' | 'owner'
>;

/** How a program that works for a job is guarded: it lives no longer than the lease on the job's lane. */
export function guardTerms({ guardPath, killAfterMs, leaseMs }: Workshop, context: JobContext): GuardTerms {
  return {
    guardPath,
    killAfterMs,
    heartbeatMs: leaseMs / 10,
    leaseMs,
    leaseRemainingMs: () => context.leaseRemainingMs(),
    owner: context.job.resourceId,
  };
}

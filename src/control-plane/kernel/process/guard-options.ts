import type { GuardedCommand } from './guarded-program.ts';

type GuardOptions = Pick<GuardedCommand, 'killAfterMs' | 'leaseRemainingMs' | 'owner'>;

/** A program that works for a job lives no longer than the lease on the job's lane (G7). */
export function guardOptions(
  { killAfterMs }: { readonly killAfterMs: number },
  attempt: { readonly job: { readonly resourceId: string }; leaseRemainingMs(): number },
): GuardOptions {
  return {
    killAfterMs,
    leaseRemainingMs: () => attempt.leaseRemainingMs(),
    owner: attempt.job.resourceId,
  };
}

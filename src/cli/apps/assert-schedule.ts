import type { components } from '../../contract/api.gen.ts';
import { scheduleProblem } from '../../contract/schedule-problem.ts';
import { timezoneProblem } from '../../contract/time-zone.ts';
import { UsageError } from '../errors/cli-error.ts';

/** Asked before anything is uploaded; the server knows what earlier deploys set. @throws UsageError */
export async function assertSchedule({
  kind,
  schedule,
  timezone,
}: components['schemas']['ServiceSettings']): Promise<void> {
  if (schedule !== undefined) {
    // Only a deploy of a cron service pays for it.
    const { Cron } = await import('croner');
    const read = (expression: string) => new Cron(expression, { mode: '5-part', paused: true });
    const problem = scheduleProblem(schedule, read);
    if (problem !== undefined)
      throw new UsageError(problem, { hint: '--schedule "*/5 * * * *" is every five minutes' });
    if (kind !== undefined && kind !== 'cron')
      throw new UsageError(`only a service of kind cron has a schedule, not one of kind ${kind}`);
  }
  const problem = timezone === undefined ? undefined : timezoneProblem(timezone);
  if (problem !== undefined) throw new UsageError(problem);
}

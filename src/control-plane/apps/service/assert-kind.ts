import { AppError } from '../../kernel/errors.ts';
import { problemsOfSchedule } from '../policy/cron-schedule.ts';
import { mergeSettings, type ServiceSettings } from '../policy/service-settings.ts';
import type { ServiceRow } from '../store/services.sql.ts';

/**
 * Whether a service can have these settings as what it is: something runs all the time, or by a schedule.
 * @param service undefined: it is new
 * @throws AppError POLICY_VIOLATION or STATE_CONFLICT
 */
export function assertKind(
  service: Pick<ServiceRow, 'name' | 'kind' | 'settings'> | undefined,
  given: ServiceSettings,
): void {
  const settings = mergeSettings(service?.settings ?? {}, given);
  if (service !== undefined && (service.kind === 'cron') !== (settings.kind === 'cron'))
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${service.name} is of kind ${service.kind}, and cannot become ${settings.kind ?? 'another one'}: destroy it first, or choose another name.`,
    );
  const errors = problemsOfSchedule(settings, given);
  if (errors.length > 0)
    throw new AppError('POLICY_VIOLATION', 'The service cannot have these settings.', { errors });
}

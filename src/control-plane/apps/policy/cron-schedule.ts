import { Cron } from 'croner';
import { scheduleProblem } from '../../../contract/schedule-problem.ts';
import { timezoneProblem } from '../../../contract/time-zone.ts';
import type { ServiceSettings } from './service-settings.ts';

export const DEFAULT_TIMEOUT_SECONDS = 3_600;
const MS_PER_SECOND = 1_000;

/** When a cron service runs. A time that a change of clocks leaves out runs after it, one that comes twice runs once. */
export class CronSchedule {
  readonly #cron: Cron;

  constructor(expression: string, timezone = 'UTC') {
    this.#cron = new Cron(expression, { timezone, mode: '5-part', paused: true });
  }

  /** @returns the first time after this one; undefined: there is none any more */
  next(after: Date): Date | undefined {
    return this.#cron.nextRun(after) ?? undefined;
  }

  /** @param due a time of the schedule that has come @returns the newest one: those before it were missed */
  newest(due: Date, now: Date): Date {
    // The end is exclusive, and whole seconds are compared.
    const [last] = this.#cron.previousRuns(1, new Date(now.getTime() + MS_PER_SECOND));
    return last !== undefined && last > due && last <= now ? last : due;
  }
}

/** The schedule of a service. @returns undefined: it has none */
export function cronScheduleOf({ schedule, timezone }: ServiceSettings): CronSchedule | undefined {
  return schedule === undefined ? undefined : new CronSchedule(schedule, timezone);
}

interface SettingProblem {
  readonly field: string;
  readonly code: string;
  readonly message: string;
}

const OF_CRON = ['schedule', 'timezone', 'timeoutSeconds'] as const;
const NOT_OF_CRON = {
  replicas: 'a cron service has one run at a time',
  health: 'nothing asks a run whether it can serve',
  drainSeconds: 'a run gets no requests',
  volume: 'a cron service cannot have a volume',
} as const;

/**
 * What is wrong with the settings of a schedule.
 * @param given in this request; the others were given before
 */
export function problemsOfSchedule(settings: ServiceSettings, given: ServiceSettings): SettingProblem[] {
  if (settings.kind !== 'cron')
    return OF_CRON.filter((name) => settings[name] !== undefined).map((name) => ({
      ...{ field: `settings.${name}`, code: 'NOT_CRON' },
      message: 'only a service of kind cron has it',
    }));
  const names = Object.keys(NOT_OF_CRON) as (keyof typeof NOT_OF_CRON)[];
  const refused = names.filter((name) => given[name] !== undefined);
  const { schedule, timezone = 'UTC' } = settings;
  const read = (expression: string) => new Cron(expression, { mode: '5-part', paused: true });
  const wrong =
    schedule === undefined
      ? 'a cron service needs a schedule, such as "*/5 * * * *"'
      : scheduleProblem(schedule, read);
  const zone = timezoneProblem(timezone);
  return [
    ...(wrong === undefined ? [] : [{ field: 'settings.schedule', code: 'SCHEDULE', message: wrong }]),
    ...(zone === undefined ? [] : [{ field: 'settings.timezone', code: 'TIMEZONE', message: zone }]),
    ...refused.map((name) => ({ field: `settings.${name}`, code: 'CRON', message: NOT_OF_CRON[name] })),
  ];
}

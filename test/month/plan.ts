import { Random } from '../chaos/marathon/random.ts';
import type { WorkingHours } from './working-hours.ts';

/** In October and November the clocks of Sydney go forward, and those of Berlin and New York back. */
export const TEAMS: Readonly<Record<string, WorkingHours | undefined>> = {
  berlin: hours('Europe/Berlin', '08:00', '19:00'),
  newyork: hours('America/New_York', '07:30', '18:00'),
  sydney: hours('Australia/Sydney', '22:00', '06:00'),
  kolkata: hours('Asia/Kolkata', '09:00', '17:30', 'sat'),
  everywhere: undefined,
};

export type Action =
  | { readonly kind: 'extend'; readonly byHours: number }
  | { readonly kind: 'scale'; readonly workers: number }
  | { readonly kind: 'destroy' };

export interface PlannedCluster {
  readonly name: string;
  readonly team: string;
  readonly createAt: Date;
  readonly ttlHours: number;
  readonly workers: number;
  readonly offhours: boolean;
  readonly actions: readonly { readonly at: Date; readonly action: Action }[];
}

export interface Plan {
  readonly start: Date;
  readonly end: Date;
  readonly clusters: readonly PlannedCluster[];
  /** When which of the servers is replaced, and how it ends. */
  readonly restarts: readonly { readonly at: Date; readonly server: number; readonly isKilled: boolean }[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly start: Date;
  readonly days: number;
  readonly clusters: number;
  readonly servers: number;
}

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;

/** Who makes and changes which clusters when: the same for the same seed. */
export function makePlan({ seed, start, days, clusters, servers }: PlanOptions): Plan {
  const random = new Random(seed);
  const end = new Date(start.getTime() + days * 24 * HOUR_MS);
  // What is made near the end is still destroyed before it.
  const lastCreate = end.getTime() - 3 * 24 * HOUR_MS;
  return {
    start,
    end,
    clusters: Array.from({ length: clusters }, (_, index) => {
      const at = quarter(random.between(start.getTime(), Math.max(lastCreate, start.getTime() + HOUR_MS)));
      return planCluster(random, `c${index}`, at);
    }),
    restarts: Array.from({ length: days }, (_, day) => ({
      at: new Date(quarter(start.getTime() + (day + random.next()) * 24 * HOUR_MS)),
      server: day % servers,
      isKilled: random.chance(0.5),
    })),
  };
}

function planCluster(random: Random, name: string, createAtMs: number): PlannedCluster {
  const team = random.pick(Object.keys(TEAMS)) ?? '';
  const ttlHours = Math.round(random.between(4, 48));
  const actions = ([] as { at: Date; action: Action }[])
    .concat(random.chance(0.3) ? { at: within(0.2, 0.9), action: { kind: 'extend', byHours: 8 } } : [])
    .concat(
      random.chance(0.4)
        ? { at: within(0.1, 0.8), action: { kind: 'scale', workers: 1 + Math.floor(random.between(0, 4)) } }
        : [],
    )
    .concat(random.chance(0.25) ? { at: within(0.5, 0.95), action: { kind: 'destroy' } } : []);
  return {
    name,
    team,
    createAt: new Date(createAtMs),
    ttlHours,
    workers: 1 + Math.floor(random.between(0, 4)),
    offhours: random.chance(0.7),
    actions: actions.toSorted((a, b) => a.at.getTime() - b.at.getTime()),
  };

  function within(from: number, to: number): Date {
    return new Date(quarter(createAtMs + random.between(from, to) * ttlHours * HOUR_MS));
  }
}

function quarter(ms: number): number {
  return Math.ceil(ms / QUARTER_MS) * QUARTER_MS;
}

function hours(timezone: string, start: string, end: string, ...more: string[]): WorkingHours {
  return { timezone, start, end, days: ['mon', 'tue', 'wed', 'thu', 'fri', ...more] };
}

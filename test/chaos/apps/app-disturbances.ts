import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../e2e/eventually.ts';
import { killProcess, processesMentioning } from '../../e2e/processes.ts';
import type { MarathonInstallation, ServerSlot } from '../marathon/installation.ts';
import { crashDatabase, drainServer } from '../marathon/outages.ts';
import type { Random } from '../marathon/random.ts';
import type { Outages } from './app-traffic.ts';

/** What is done, and how often in proportion. */
const WEIGHTS = {
  killWorker: 6,
  freezeWorker: 2,
  killApi: 3,
  killJanitor: 2,
  killEdge: 2,
  killInstance: 4,
  killRunner: 3,
  drainServer: 3,
  crashDatabase: 1,
} as const;
type AppDisturbance = keyof typeof WEIGHTS;

const REPLACED_WITHIN_MS = 90_000;
/** More in ten minutes are a crash loop, after which a service is left as it is. */
const MAX_KILLS_OF_SERVICE = 3;

export interface AppTally {
  kills: number;
  readonly byKind: Map<AppDisturbance, number>;
  /** Services an instance of which was killed, with the number of kills. */
  readonly killed: Map<string, number>;
}

export interface AppDisturbanceOptions {
  readonly installation: MarathonInstallation;
  readonly outages: Outages;
  readonly random: Random;
  readonly meanPauseMs: number;
  readonly closing: AbortSignal;
}

/** Until it is told to stop; then everything runs again. */
export async function disturbApps(tally: AppTally, options: AppDisturbanceOptions): Promise<void> {
  const { random, closing, meanPauseMs } = options;
  const repairs = new Set<Promise<void>>();
  while (!closing.aborted) {
    await delay(random.between(0.2, 1.8) * meanPauseMs, undefined, { signal: closing }).catch(() => {});
    if (closing.aborted) break;
    const kind = random.weighted(WEIGHTS);
    const repair = apply(kind, tally, options);
    if (repair === undefined) continue;
    const done: Promise<void> = repair
      .then((isDone) => {
        if (isDone !== false) tally.byKind.set(kind, (tally.byKind.get(kind) ?? 0) + 1);
      })
      .finally(() => repairs.delete(done));
    repairs.add(done);
  }
  await Promise.all(repairs);
}

/** @returns what puts it right again; undefined or false when there was nothing to do it to */
function apply(
  kind: AppDisturbance,
  tally: AppTally,
  { installation, outages, random }: AppDisturbanceOptions,
): Promise<unknown> | undefined {
  const kill = (pid: number) => {
    const isKilled = killProcess(pid);
    tally.kills += isKilled ? 1 : 0;
    return isKilled;
  };
  const take = async (slot: ServerSlot): Promise<void> => {
    slot.isRestarting = true;
    kill(slot.server.pid);
    await slot.server.exited;
    await delay(random.between(0, 2_000));
    await installation.reopen(slot).finally(() => {
      slot.isRestarting = false;
    });
  };
  const pick = (role: ServerSlot['role']) => random.pick(installation.runningSlots(role));
  const slotOf = { killWorker: 'worker', killApi: 'api', killJanitor: 'janitor', killEdge: 'edge' } as const;
  switch (kind) {
    case 'killWorker':
    case 'killApi':
    case 'killJanitor': {
      const slot = pick(slotOf[kind]);
      return slot && take(slot);
    }
    case 'killEdge': {
      const slot = pick('edge');
      const end = slot && outages.begin();
      return slot && take(slot).finally(end);
    }
    case 'freezeWorker': {
      const slot = pick('worker');
      return slot && freeze(slot, random.between(0.5, 2) * installation.leaseMs);
    }
    case 'drainServer':
      return drainServer(installation, random.pick(installation.slots.filter(({ role }) => role !== 'edge')));
    case 'crashDatabase':
      return crashDatabase(tally, installation);
    case 'killInstance':
    case 'killRunner':
      return killInstance({ installation, outages, random }, tally, kind === 'killRunner', kill);
  }
}

function isRunnerProgram(argv: string): boolean {
  return /\binstance-runner\.js\b/.test(argv);
}

async function freeze(slot: ServerSlot, ms: number): Promise<void> {
  slot.server.signal('SIGSTOP');
  await delay(ms);
  slot.server.signal('SIGCONT');
}

/** Its service may lose requests until another instance serves in its stead. @returns whether there was one */
async function killInstance(
  {
    installation: { pool },
    outages,
    random,
  }: Pick<AppDisturbanceOptions, 'installation' | 'outages' | 'random'>,
  tally: AppTally,
  isRunner: boolean,
  kill: (pid: number) => boolean,
): Promise<boolean> {
  const { rows } = await pool
    .query<{ id: string; serviceId: string }>(
      `select id, service_id as "serviceId" from app_instances where state = 'RUNNING'`,
    )
    .catch(() => ({ rows: [] }));
  const victim = random.pick(
    rows.filter(({ serviceId }) => (tally.killed.get(serviceId) ?? 0) < MAX_KILLS_OF_SERVICE),
  );
  if (victim === undefined) return false;
  const { id, serviceId } = victim;
  const programs = processesMentioning(id).filter(({ argv }) => argv !== '' && !isRunnerProgram(argv));
  const runners = processesMentioning('instance-runner').filter(
    (runner) => isRunnerProgram(runner.argv) && programs.some(({ parentPid }) => parentPid === runner.pid),
  );
  const pid = random.pick(isRunner ? runners : programs)?.pid;
  const end = outages.begin(serviceId);
  if (pid === undefined || !kill(pid)) {
    end();
    return false;
  }
  tally.killed.set(serviceId, (tally.killed.get(serviceId) ?? 0) + 1);
  const isReplaced = async () => {
    const found = await pool
      .query<{ done: boolean }>(
        `select s.status <> 'ACTIVE' or not exists (select from app_instances where id = $2 and state in ('STARTING', 'RUNNING'))
            and s.replicas = (select count(*) from app_instances i where i.service_id = s.id and i.is_serving) as done
          from app_services s where s.id = $1`,
        [serviceId, id],
      )
      .catch(() => undefined);
    return found?.rows[0]?.done;
  };
  await eventually('the instance is replaced', isReplaced, { withinMs: REPLACED_WITHIN_MS }).catch(() => {});
  // Until the edge has it.
  await delay(1_500);
  end();
  return true;
}

import {
  insertInstance,
  setExited,
  setRemoved,
  setStarted,
  setStopping,
} from '../../../../src/control-plane/apps/store/instances.sql.ts';
import { repriceAppUsage, setAppPrices } from '../../../../src/control-plane/apps/store/prices.sql.ts';
import type { Db, Tx } from '../../../../src/control-plane/kernel/db/db.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';

const EPOCH = Date.UTC(2026, 0, 1);
export const timeOf = (second: number) => new Date(EPOCH + second * 1000);

/** What happens to an instance, at a second after `EPOCH`. A worker that resumes repeats `started`. */
export interface InstanceEvent {
  readonly at: number;
  readonly kind: 'started' | 'stopping' | 'exited' | 'removed';
}
export interface InstanceHistory {
  readonly id: string;
  readonly serviceId: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly events: readonly InstanceEvent[];
}
export interface PriceEvent {
  readonly at: number;
  readonly cpuMicros: number;
  readonly gibMicros: number;
}

const setClock = statement({
  name: 'test.set_clock',
  text: `select set_config('ocpctl.clock_offset', ($1::timestamptz - now())::text, true) as "offset"`,
  params: { time: 'timestamptz' },
  row: { offset: 'text' },
});

/** Runs the work at a time of the database. */
export function atSecond(db: Db, second: number, work: (tx: Tx) => Promise<unknown>): Promise<void> {
  return db.tx(async (tx) => {
    await tx.query(setClock, { time: timeOf(second) });
    await work(tx);
  });
}

/** An environment of the team with services, each with a release. */
export async function insertServices(db: Db, team: string, serviceIds: readonly string[]): Promise<void> {
  await db.script(`insert into app_environments (id, team, name, owner, requested_by)
    values ('env_${team}', '${team}', 'env-${team}', 'ann', 'local:ann')`);
  for (const id of serviceIds)
    await db.script(`
      insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
      values ('${id}', 'env_${team}', '${team}', 'name-${id}', 'web', '${id}', 1, '{}', 'local:ann');
      insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
      values ('bld_${id}', '${id}', '${team}', 's', 'h', 'host', 'SUCCEEDED', 'd');
      insert into app_releases (id, service_id, number, build_id, settings, variable_names, variables_hash, created_by)
      values ('rel_${id}', '${id}', 1, 'bld_${id}', '{}', '{}', 'h', 'local:ann')`);
}

/** Runs what happened in the order of time, by the statements of the jobs and of the tasks. */
export async function writeHistories(
  db: Db,
  team: string,
  histories: readonly InstanceHistory[],
  prices: readonly PriceEvent[],
): Promise<void> {
  const steps = [
    ...prices.map((price) => ({ at: price.at, order: 0, work: (tx: Tx) => applyPrices(tx, price) })),
    ...histories.flatMap((history) =>
      history.events.map(({ at, kind }) => ({
        at,
        order: 1,
        work: (tx: Tx) => apply(tx, team, history, kind),
      })),
    ),
  ].sort((a, b) => a.at - b.at || a.order - b.order);
  for (const { at, work } of steps) await atSecond(db, at, work);
}

export async function applyPrices(tx: Tx, { cpuMicros, gibMicros }: Omit<PriceEvent, 'at'>): Promise<void> {
  await tx.query(setAppPrices, { cpuMicros, gibMicros, priceDate: '2026-01-01' });
  await tx.query(repriceAppUsage, {});
}

async function apply(
  tx: Tx,
  team: string,
  { id, serviceId, cpus, memoryMb }: InstanceHistory,
  kind: InstanceEvent['kind'],
): Promise<void> {
  switch (kind) {
    case 'started':
      await tx.query(insertInstance, {
        ...{ id, environmentId: `env_${team}`, serviceId, releaseId: `rel_${serviceId}`, rolloutId: id },
        volumeId: null,
        runId: null,
        ...{ replica: 0, host: 'h', runtime: 'process', memoryMb, cpus },
      });
      await tx.query(setStarted, { id, startedAt: new Date(), addressHost: null, addressPort: null });
      return;
    case 'stopping':
      await tx.query(setStopping, { ids: [id] });
      return;
    case 'exited':
      await tx.query(setExited, { id, code: 1, signal: null, outOfMemory: false });
      return;
    case 'removed':
      await tx.query(setRemoved, { id });
  }
}

/** A second implementation of what an instance costs: second by second. @returns micro-dollars per hour x seconds */
export function costBySecond(
  { cpus, memoryMb, events }: InstanceHistory,
  prices: readonly PriceEvent[],
  from: number,
  to: number,
): { cost: bigint; seconds: number; unpriced: number } {
  let [cost, seconds, unpriced] = [0n, 0, 0];
  for (let second = from; second < to; second++) {
    const last = events.findLast(({ at }) => at <= second);
    const exitedBefore = events.some(({ at, kind }) => at <= second && kind === 'exited');
    if (last === undefined || exitedBefore || last.kind === 'removed') continue;
    const price = prices.findLast(({ at }) => at <= second);
    const rate =
      price === undefined
        ? 0
        : Math.round((cpus * 1024 * price.cpuMicros + memoryMb * price.gibMicros) / 1024);
    cost += BigInt(rate);
    seconds++;
    if (rate === 0) unpriced++;
  }
  return { cost, seconds, unpriced };
}

import type { SimulatedResource } from '../../../src/sandbox/cloud/simulated-cloud.ts';
import { eventually } from '../../e2e/eventually.ts';
import type { MarathonInstallation } from './installation.ts';
import type { Ledger } from './users.ts';

export interface Violations {
  readonly leaks: readonly string[];
  readonly overlaps: readonly string[];
  readonly lost: readonly string[];
  readonly stuck: readonly string[];
  readonly litter: readonly string[];
}

interface ClusterFacts {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly infraId: string | null;
  readonly provenEmpty: boolean;
  readonly openJobs: number;
  readonly accepted: number;
  readonly lastError: string | null;
  /** What its lane waits for. */
  readonly lane: string | null;
}

const FACTS = `
  select c.id, c.name, c.status, c.infra_id as "infraId", c.proven_empty_at is not null as "provenEmpty",
    (select count(*)::int4 from jobs j where j.resource_id = c.id and j.ended_at is null) as "openJobs",
    (select count(*)::int4 from audit_events a
      where a.payload::jsonb->>'action' = 'cluster.create' and a.payload::jsonb->>'target' = c.id) as "accepted",
    (select error_code || ': ' || error_message from jobs j where j.id = c.last_job_id) as "lastError",
    (select format('lane ready %s, held by %s until %s, at %s', l.ready_at, l.worker_id, w.lease_until, clock_now())
      from job_locks l left join workers w on w.id = l.worker_id where l.resource_id = c.id) as "lane"
  from clusters c`;

/** Holds what is there at the end against what was promised. `wholeCluster`: the types of the resources that one create makes. */
export async function findViolations(
  installation: MarathonInstallation,
  ledger: Ledger,
  wholeCluster: readonly string[],
): Promise<Violations> {
  const { rows } = await installation.pool.query<ClusterFacts>(FACTS);
  const clusters = new Map(rows.map((row) => [row.id, row]));
  return {
    leaks: findLeaks(await installation.site.cloud(), clusters, wholeCluster),
    overlaps: [
      ...(await installation.lateWrites()),
      ...installation.site
        .overlaps()
        .map(
          ({ at, kind, installer, other }) =>
            `${at} ${kind}: ${installer.command} (${installer.pid}) beside ${other.command} (${other.pid}) on ${installer.domain}`,
        ),
    ],
    lost: await findLost(installation, clusters, ledger),
    litter: await findLitter(installation),
    stuck: rows.flatMap((row) =>
      isAtRest(row)
        ? []
        : [`${row.name} ${row.id} ${row.status} ${row.lastError ?? ''} (${row.lane ?? 'no lane'})`],
    ),
  };
}

/** Nothing runs any more; what killed workers left is removed each minute. */
async function findLitter(installation: MarathonInstallation): Promise<string[]> {
  const isClean = () => installation.litter().length === 0;
  return eventually('work directories are removed', isClean, { withinMs: 90_000 }).then(
    () => [],
    () => installation.litter(),
  );
}

/** READY, DESTROYED, or FAILED with proof that nothing exists; and nothing left to do. */
function isAtRest({ status, provenEmpty, openJobs }: ClusterFacts): boolean {
  return (
    openJobs === 0 && (status === 'READY' || status === 'DESTROYED' || (status === 'FAILED' && provenEmpty))
  );
}

function findLeaks(
  resources: readonly SimulatedResource[],
  clusters: ReadonlyMap<string, ClusterFacts>,
  wholeCluster: readonly string[],
): string[] {
  const ready = [...clusters.values()].filter(({ status }) => status === 'READY');
  const rightful = new Set(ready.map(({ infraId }) => infraId));
  const strays = resources
    .filter(({ infraId }) => !rightful.has(infraId))
    .map(({ type, id, infraId }) => `${type} ${id} of ${infraId} belongs to no READY cluster`);
  const uneven = ready.flatMap(({ name, infraId }) => {
    const types = resources.filter((resource) => resource.infraId === infraId).map(({ type }) => type);
    const same = JSON.stringify(types.sort()) === JSON.stringify(wholeCluster);
    return same ? [] : [`${name} has ${types.length} resources, a whole cluster has ${wholeCluster.length}`];
  });
  return [...strays, ...uneven];
}

async function findLost(
  { pool }: MarathonInstallation,
  clusters: ReadonlyMap<string, ClusterFacts>,
  ledger: Ledger,
): Promise<string[]> {
  const { rows: keys } = await pool.query<{ key: string }>('select key from idempotency_keys');
  const known = new Set(keys.map(({ key }) => key));
  const creates = ledger.creates.flatMap(({ id, key, name }) => {
    const cluster = clusters.get(id);
    if (cluster === undefined) return [`the create of ${name} (${id}) was acknowledged and is not there`];
    if (cluster.accepted !== 1) return [`the create of ${name} has ${cluster.accepted} audit events`];
    return known.has(key) ? [] : [`the create of ${name} has no idempotency record`];
  });
  const destroys = [...ledger.destroys].flatMap((id) => {
    const cluster = clusters.get(id);
    const obeyed = cluster?.status === 'DESTROYED' || (cluster?.status !== 'READY' && cluster !== undefined);
    return obeyed ? [] : [`the destroy of ${id} was acknowledged and it is ${cluster?.status}`];
  });
  const names = new Map<string, number>();
  for (const { name } of clusters.values()) names.set(name, (names.get(name) ?? 0) + 1);
  const twice = [...names].flatMap(([name, count]) =>
    count === 1 ? [] : [`${name} was made ${count} times`],
  );
  return [...creates, ...destroys, ...twice];
}

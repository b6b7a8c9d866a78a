import type { components, operations } from '../../../contract/api.gen.ts';
import { notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { latencyOf } from '../policy/latency.ts';
import { listSamples } from '../store/samples.sql.ts';
import { getService } from '../store/services.sql.ts';

type Schemas = components['schemas'];
type Query = NonNullable<operations['getServiceMetrics']['parameters']['query']>;

const DEFAULT_WINDOW_MS = 15 * 60_000;
/** The longest window that is told in steps of this length, when none is asked for. */
const STEPS = [
  { seconds: 15, windowMs: DEFAULT_WINDOW_MS },
  { seconds: 60, windowMs: 6 * 3_600_000 },
] as const;
const TOLERANCE_MS = 60_000;
const LONGEST_STEP_SECONDS = 3_600;
/** Hours of 90 days; the maximum of openapi.yaml. */
const MAX_ITEMS = 2_200;

/** What a service used and what passed to it, oldest first; of more than 2,200 steps the newest. Steps in which nothing of it ran are left out. */
export async function readServiceMetrics(
  db: Queryable,
  caller: Caller,
  id: string,
  query: Query,
): Promise<Schemas['ServiceMetrics']> {
  const [service] = await db.query(getService, { id, teams: readableTeams(caller) });
  if (!service) throw notFound('service', id);
  const now = await readDatabaseTime(db);
  const since =
    query.since === undefined ? new Date(now.getTime() - DEFAULT_WINDOW_MS) : new Date(query.since);
  // Who asks for 15 minutes has sent the time of a moment ago.
  const windowMs = now.getTime() - since.getTime() - TOLERANCE_MS;
  const stepSeconds =
    query.stepSeconds ?? STEPS.find((step) => windowMs <= step.windowMs)?.seconds ?? LONGEST_STEP_SECONDS;
  const rows = await db.query(listSamples, { serviceId: id, stepSeconds, since, limit: MAX_ITEMS });
  return { stepSeconds, items: rows.map(presentSample) };
}

function presentSample(row: RowOf<typeof listSamples>): Schemas['ServiceSample'] {
  const { at, cpuSeconds, measuredSeconds, latency, ...counted } = row;
  const isMeasured = measuredSeconds > 0;
  return {
    at: at.toISOString(),
    cpus: isMeasured ? cpuSeconds / measuredSeconds : null,
    memoryBytes: isMeasured ? counted.memoryBytes : null,
    requests: counted.requests,
    clientErrors: counted.clientErrors,
    serverErrors: counted.serverErrors,
    p50Ms: latencyOf(latency, 0.5),
    p95Ms: latencyOf(latency, 0.95),
    bytesIn: counted.bytesIn,
    bytesOut: counted.bytesOut,
  };
}

import * as z from 'zod';
import type { Queryable } from '../../kernel/db/db.ts';
import { listLiveEdges } from '../store/edge.sql.ts';
import type { AppJobContext } from './app-job-context.ts';

const inFlightSchema = z.record(z.string(), z.number());

/**
 * Waits until every edge that lives has applied the generation; one that stops to report is not waited for.
 * @returns how many edges there are
 */
export async function untilEdgesApply(
  { clock, pollMs }: Pick<AppJobContext, 'clock' | 'pollMs'>,
  db: Queryable,
  generation: number,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    const edges = await db.query(listLiveEdges, {});
    if (edges.every((edge) => edge.generation >= generation)) return edges.length;
    await clock.sleep(pollMs, signal);
  }
}

/** Waits until no edge has a request in progress at these instances, and not longer than the limit. @returns how many are left */
export async function untilDrained(
  { clock, pollMs }: Pick<AppJobContext, 'clock' | 'pollMs'>,
  db: Queryable,
  { instanceIds, limitMs }: { readonly instanceIds: readonly string[]; readonly limitMs: number },
  signal: AbortSignal,
): Promise<number> {
  const startedMs = clock.monotonicMs();
  for (;;) {
    const edges = await db.query(listLiveEdges, {});
    const inProgress = edges
      .map((edge) => inFlightSchema.parse(edge.inFlight))
      .reduce((sum, counts) => sum + instanceIds.reduce((all, id) => all + (counts[id] ?? 0), 0), 0);
    if (inProgress === 0 || clock.monotonicMs() - startedMs >= limitMs) return inProgress;
    await clock.sleep(pollMs, signal);
  }
}

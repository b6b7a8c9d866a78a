import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 40;

/** Looks until `look` answers with something. @throws with what was waited for, and `explain`, when it never does. */
export async function eventually<T>(
  what: string,
  poll: () => Promise<T | undefined | false> | T | undefined | false,
  { withinMs = 120_000, explain }: { withinMs?: number; explain?: () => Promise<string> | string } = {},
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const found = await poll();
    if (found !== undefined && found !== false) return found;
    if (performance.now() - startedMs > withinMs) {
      throw new Error(`${what}: not within ${withinMs} ms\n${(await explain?.()) ?? ''}`);
    }
    await delay(POLL_INTERVAL_MS);
  }
}

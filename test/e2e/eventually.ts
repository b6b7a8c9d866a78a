import { setTimeout as delay } from 'node:timers/promises';

/** A question to a server or to /proc costs 5 ms of CPU: asked more often, the question slows what is waited for. */
const POLL_INTERVAL_MS = 100;

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

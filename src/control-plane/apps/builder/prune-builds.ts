import type { Builder } from './builder.ts';

export interface PruneOptions {
  /** Digests that a release may still start from. Many releases may have one digest: it is kept while one of them needs it. */
  readonly keep: ReadonlySet<string>;
  /** Of all outputs together, the kept ones included: up to it, others stay, so that their input is not built again. */
  readonly quotaBytes: number;
  /** Outputs that are newer may belong to a release that is being made. */
  readonly minAgeMs: number;
  readonly now: Date;
}

export interface PrunedBuild {
  readonly digest: string;
  readonly sizeBytes: number;
}

/** Removes outputs that are not kept, oldest first, until all together fit the quota. A kept one is never removed. @returns what was removed */
export async function pruneBuilds(
  builder: Pick<Builder, 'list' | 'remove'>,
  { keep, quotaBytes, minAgeMs, now }: PruneOptions,
): Promise<readonly PrunedBuild[]> {
  const outputs = await builder.list();
  const isOld = (builtAt: Date) => now.getTime() - builtAt.getTime() >= minAgeMs;
  const candidates = outputs
    .filter(({ digest, builtAt }) => !keep.has(digest) && isOld(builtAt))
    .sort((a, b) => a.builtAt.getTime() - b.builtAt.getTime());
  let usedBytes = outputs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const removed: PrunedBuild[] = [];
  for (const { digest, sizeBytes } of candidates) {
    if (usedBytes <= quotaBytes) break;
    await builder.remove(digest);
    usedBytes -= sizeBytes;
    removed.push({ digest, sizeBytes });
  }
  return removed;
}

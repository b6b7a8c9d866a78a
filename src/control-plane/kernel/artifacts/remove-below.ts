import type { ArtifactStore } from './artifact-store.ts';

/** Removes everything below a prefix. An interrupted removal is continued by the next. */
export async function removeBelow(
  artifacts: Pick<ArtifactStore, 'list' | 'remove'>,
  prefix: string,
): Promise<void> {
  for (const { key } of await artifacts.list(prefix)) await artifacts.remove(key);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A path for a key folder that does not exist yet, below one that is removed when the test is over. */
export async function keyFolder(): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'ocpctl-keys-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return join(parent, 'keys');
}

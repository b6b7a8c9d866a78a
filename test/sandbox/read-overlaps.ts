import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Overlap } from '../../src/sandbox/cloud/installer-registry.ts';

/** All recorded overlaps; an empty list proves that no two installers worked on the same cluster. */
export function readOverlaps(cloudDir: string): Overlap[] {
  const file = join(cloudDir, 'overlaps.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line): Overlap => JSON.parse(line));
}

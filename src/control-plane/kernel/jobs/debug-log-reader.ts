import { gunzipSync } from 'node:zlib';
import { ArtifactError } from '../artifacts/artifact-error.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { DEBUG_LOG_FOLDER, type DebugLine, debugLineSchema, SEGMENT_LINES } from './debug-log.ts';

export interface DebugLogPage {
  readonly items: DebugLine[];
  /** The last segment that was read, or where the reading began. */
  readonly position: string;
  readonly isAtEnd: boolean;
}

/**
 * Reads whole segments after a position, oldest first, about `limit` lines.
 * @param after `position` of the previous page; '' for the beginning
 */
export async function readDebugLog(
  artifacts: Pick<ArtifactStore, 'list' | 'get'>,
  jobId: string,
  after: string,
  limit: number,
): Promise<DebugLogPage> {
  const prefix = `${DEBUG_LOG_FOLDER}/${jobId}/`;
  const segments = (await artifacts.list(`${DEBUG_LOG_FOLDER}/${jobId}`))
    .map(({ key }) => key.slice(prefix.length).replace(/\.jsonl\.gz$/, ''))
    .filter((segment) => segment > after);
  const items: DebugLine[] = [];
  let position = after;
  for (const segment of segments) {
    if (items.length > 0 && items.length + SEGMENT_LINES > limit) return { items, position, isAtEnd: false };
    items.push(...(await readSegment(artifacts, `${prefix}${segment}.jsonl.gz`)));
    position = segment;
  }
  return { items, position, isAtEnd: true };
}

/** @returns no lines for a segment that was removed meanwhile */
async function readSegment(artifacts: Pick<ArtifactStore, 'get'>, key: string): Promise<DebugLine[]> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await artifacts.get(key)) chunks.push(chunk);
    const lines = gunzipSync(Buffer.concat(chunks)).toString('utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => debugLineSchema.parse(JSON.parse(line)));
  } catch (error) {
    if (error instanceof ArtifactError && error.code === 'ARTIFACT_NOT_FOUND') return [];
    throw error;
  }
}

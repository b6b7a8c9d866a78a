import { ArtifactError } from '../../kernel/artifacts/artifact-error.ts';
import type { ArtifactStore } from '../../kernel/artifacts/artifact-store.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { beginSource } from '../store/sources.sql.ts';
import { teamOfRequest } from './environments.ts';
import { partKey } from './source-key.ts';

/** Stores a part of a source. Sending it again succeeds; other bytes under the same hash and number do not. */
export async function putSourcePart(
  { artifacts, db }: { readonly artifacts: ArtifactStore; readonly db: Queryable },
  caller: Caller,
  { team: given, sha256, part }: { team: string | undefined; sha256: string; part: number },
  bytes: Uint8Array,
): Promise<{ part: number; sizeBytes: number }> {
  const team = teamOfRequest(given, caller);
  if (bytes.length === 0) throw new AppError('BAD_REQUEST', 'A part has at least one byte.');
  await db.query(beginSource, { team, sha256 });
  try {
    await artifacts.put(partKey(team, sha256, part), bytes);
  } catch (error) {
    if (!(error instanceof ArtifactError) || error.code !== 'ARTIFACT_CONFLICT') throw error;
    throw new AppError('STATE_CONFLICT', `Part ${part} of the source was stored with other bytes.`, {
      cause: error,
    });
  }
  return { part, sizeBytes: bytes.length };
}

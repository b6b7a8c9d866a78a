import { Readable } from 'node:stream';
import type { Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { getSource } from '../store/sources.sql.ts';
import type { AppServices } from './app-services.ts';
import { partKey, sourcePrefix } from './source-key.ts';

/** The archive of a source that was deployed, part after part; who reads it verifies its hash. @throws AppError NOT_FOUND */
export async function openUploaded(
  { artifacts }: Pick<AppServices, 'artifacts'>,
  db: Queryable,
  { team, sha256 }: { readonly team: string; readonly sha256: string },
): Promise<Readable> {
  const [source] = await db.query(getSource, { team, sha256 });
  if (!source) throw new AppError('NOT_FOUND', `There is no source ${sha256} of team ${team}.`);
  return readParts(artifacts, { team, sha256, parts: source.parts });
}

/** The same of parts whose number is known. */
export function readParts(
  artifacts: AppServices['artifacts'],
  { team, sha256, parts }: { readonly team: string; readonly sha256: string; readonly parts: number },
): Readable {
  return Readable.from(chunks());

  async function* chunks() {
    for (let part = 0; part < parts; part++) yield* await artifacts.get(partKey(team, sha256, part));
  }
}

/** Whether all parts are there; their hash is checked when they are read. @throws AppError STATE_CONFLICT */
export async function assertUploaded(
  artifacts: AppServices['artifacts'],
  team: string,
  {
    sha256,
    sizeBytes,
    parts,
  }: { readonly sha256: string; readonly sizeBytes: number; readonly parts: number },
): Promise<void> {
  const stored = await artifacts.list(sourcePrefix(team, sha256));
  const storedBytes = stored.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (stored.length === parts && storedBytes === sizeBytes) return;
  throw new AppError(
    'STATE_CONFLICT',
    `The source ${sha256} is not uploaded: ${stored.length} of ${parts} parts are there.`,
  );
}

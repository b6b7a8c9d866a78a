import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../contract/documents.ts';
import { configDirectory } from '../config/context-file.ts';
import { writePrivateFile } from '../config/private-file.ts';
import type { Session } from '../session.ts';
import type { Candidate, NameKind } from './complete-words.ts';

/** Who types waits for no server for longer. */
const LIMIT_MS = 1_500;
const FRESH_MS = 30_000;
const MOST = 200;

/** The names of a kind, from a file of this user if they are at most 30 s old. @throws when the server does not answer in time */
export async function knownNames(session: Session, kind: NameKind): Promise<readonly Candidate[]> {
  if (kind === 'context')
    return Object.entries(session.file.contexts).map(([value, { server }]) => ({
      value,
      description: server,
    }));
  const file = join(configDirectory(session.io.env), 'completion.json');
  const key = `${session.connection.server} ${session.connection.contextName ?? ''} ${kind}`;
  const nowMs = session.io.now().getTime();
  const cached = await readCache(file);
  const entry = cached[key];
  if (entry !== undefined && nowMs - entry.atMs < FRESH_MS && nowMs >= entry.atMs) return entry.names;
  const names = await FETCH[kind](session, AbortSignal.timeout(LIMIT_MS));
  const fresh = Object.entries(cached).filter(([, { atMs }]) => nowMs - atMs < FRESH_MS);
  await writePrivateFile(
    file,
    JSON.stringify({ ...Object.fromEntries(fresh), [key]: { atMs: nowMs, names } }),
  );
  return names;
}

type Fetch = (session: Session, signal: AbortSignal) => Promise<Candidate[]>;

const FETCH: Readonly<Record<Exclude<NameKind, 'context'>, Fetch>> = {
  async cluster({ client }, signal) {
    const query = { limit: MOST, status: 'ACTIVE' } as const;
    const { data } = await client.GET('/v1/clusters', { params: { query }, signal });
    return data.items.map(({ name, status, owner }) => ({ value: name, description: `${status}, ${owner}` }));
  },
  async job({ client }, signal) {
    const { data } = await client.GET('/v1/jobs', { params: { query: { limit: 50 } }, signal });
    return data.items.map(({ id, type, status, resourceName }) => ({
      value: id,
      description: `${type} ${resourceName}, ${status}`,
    }));
  },
  async profile({ client }, signal) {
    const { data } = await client.GET('/v1/profiles', { signal });
    return data.items.map(({ name, description }) => ({ value: name, description: description ?? '' }));
  },
  async team({ client }, signal) {
    const { data } = await client.GET('/v1/quota', { params: { query: {} }, signal });
    return data.items.map(({ team }) => ({ value: team }));
  },
};

interface CachedNames {
  readonly atMs: number;
  readonly names: readonly Candidate[];
}

async function readCache(file: string): Promise<Readonly<Record<string, CachedNames>>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!isObject(parsed)) return {};
    return Object.fromEntries(
      Object.entries(parsed).filter(
        (entry): entry is [string, CachedNames] =>
          isObject(entry[1]) && typeof entry[1]['atMs'] === 'number' && Array.isArray(entry[1]['names']),
      ),
    );
  } catch {
    // None yet, or not readable: it is only a cache.
    return {};
  }
}

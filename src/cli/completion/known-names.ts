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

/**
 * The names of these kinds, from a file of this user if they are at most 30 s old; none of a kind that the server does not tell in
 * time.
 */
export async function knownNames(
  session: Session,
  kinds: readonly NameKind[],
  kubeconfig?: string,
): Promise<Candidate[]> {
  const file = join(configDirectory(session.io.env), 'completion.json');
  const nowMs = session.io.now().getTime();
  const isFresh = ({ atMs }: CachedNames) => nowMs - atMs < FRESH_MS && nowMs >= atMs;
  const cached = Object.entries(await readCache(file)).filter(([, names]) => isFresh(names));
  const names = Object.fromEntries(cached);
  const ask = async (kind: NameKind): Promise<readonly Candidate[]> => {
    if (kind === 'context') return contextNames(session);
    if (kind === 'kubeconfig') return namesInKubeconfig(session, kubeconfig);
    const key = cacheKey(session, kind);
    names[key] ??= { atMs: nowMs, names: await FETCH[kind](session, AbortSignal.timeout(LIMIT_MS)) };
    return names[key].names;
  };
  const found = await Promise.all(kinds.map((kind) => ask(kind).catch(() => [])));
  if (Object.keys(names).length > cached.length)
    await writePrivateFile(file, JSON.stringify(names)).catch(() => {});
  return found.flat();
}

function contextNames({ file }: Session): Candidate[] {
  return Object.entries(file.contexts).map(([value, { server }]) => ({ value, description: server }));
}

/** Only those that ocpctl added can be removed by it. */
async function namesInKubeconfig({ io }: Session, file: string | undefined): Promise<Candidate[]> {
  const { addedContexts } = await import('../kubeconfig/kubeconfig-document.ts');
  const { kubeconfigPath, readKubeconfigText } = await import('../kubeconfig/kubeconfig-file.ts');
  const added = addedContexts(await readKubeconfigText(kubeconfigPath(io.env, file)));
  return added.map(({ context, clusterId }) => ({ value: context, description: clusterId }));
}

/** @throws CliError when no server or no credentials are configured */
function cacheKey({ connection, flags }: Session, kind: NameKind): string {
  return [connection.server, connection.contextName ?? '', flags['aws-profile'] ?? '', kind].join(' ');
}

type Fetch = (session: Session, signal: AbortSignal) => Promise<Candidate[]>;

const FETCH: Readonly<Record<Exclude<NameKind, 'context' | 'kubeconfig'>, Fetch>> = {
  async cluster({ client }, signal) {
    const params = { query: { limit: MOST, status: ['ACTIVE' as const] } };
    const { data } = await client.GET('/v1/clusters', { params, signal });
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

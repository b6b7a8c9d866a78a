import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../contract/documents.ts';
import { configDirectory } from '../config/context-file.ts';
import { writePrivateFile } from '../config/private-file.ts';
import type { Session } from '../session.ts';
import type { Candidate } from './complete-words.ts';
import type { NameKind, TypedApp } from './name-kinds.ts';

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
  { kubeconfig, app }: { readonly kubeconfig?: string | undefined; readonly app?: TypedApp | undefined },
): Promise<Candidate[]> {
  const file = join(configDirectory(session.io.env), 'completion.json');
  const nowMs = session.io.now().getTime();
  const isFresh = ({ atMs }: CachedNames) => nowMs - atMs < FRESH_MS && nowMs >= atMs;
  const cached = Object.entries(await readCache(file)).filter(([, names]) => isFresh(names));
  const names = Object.fromEntries(cached);
  const ask = async (kind: NameKind): Promise<readonly Candidate[]> => {
    if (kind === 'context') return contextNames(session);
    if (kind === 'kubeconfig') return namesInKubeconfig(session, kubeconfig);
    const key = cacheKey(session, kind, app);
    names[key] ??= { atMs: nowMs, names: await fetchNames(session, kind, app) };
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
function cacheKey({ connection, flags }: Session, kind: NameKind, app: TypedApp | undefined): string {
  const of = app === undefined ? [] : [app.service, app.env, app.shared, app.team].map((name) => name ?? '-');
  return [connection.server, connection.contextName ?? '', flags['aws-profile'] ?? '', kind, ...of].join(' ');
}

type ServerKind = Exclude<NameKind, 'context' | 'kubeconfig'>;

async function fetchNames(
  session: Session,
  kind: ServerKind,
  app: TypedApp | undefined,
): Promise<readonly Candidate[]> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  if (isOfAll(kind)) return FETCH[kind](session, signal);
  if (app === undefined) return [];
  const { APP_NAMES } = await import('./app-names.ts');
  const names = await Promise.race([APP_NAMES[kind](session, app, signal), abortedNames(signal)]);
  return names.slice(0, MOST);
}

/** The search by name takes no signal. */
function abortedNames(signal: AbortSignal): Promise<Candidate[]> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

function isOfAll(kind: ServerKind): kind is keyof typeof FETCH {
  return Object.hasOwn(FETCH, kind);
}

type Fetch = (session: Session, signal: AbortSignal) => Promise<Candidate[]>;

const FETCH: Readonly<Record<'cluster' | 'job' | 'profile' | 'team', Fetch>> = {
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

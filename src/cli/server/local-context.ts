import { type Context, changeConfig, configDirectory, readContexts } from '../config/context-file.ts';
import type { Session } from '../session.ts';

/** The part of a server that decides which context is its own. */
export interface ServerWithKeys {
  readonly url: string;
  readonly caFile: string | undefined;
  /** Which of the keys is a live one of this server. */
  findKey(keyIds: readonly string[]): Promise<string | undefined>;
  ensureAdminKey(
    knownKeyId: string | undefined,
  ): Promise<{ accessKeyId: string; secretAccessKey: string } | undefined>;
}

const LOCAL_CONTEXT = 'local';

type Contexts = Readonly<Record<string, Context>>;

/**
 * Points a context to this server, with a valid key, so that the next command works without setup: `local`, or `local-PORT` when `local`
 * holds the key of another server, which may be the only copy.
 * @returns what is said of it
 */
export async function updateLocalContext(
  session: Session,
  region: string,
  server: ServerWithKeys,
): Promise<{ readonly text: string; readonly name: string; readonly isCurrent: boolean }> {
  const directory = configDirectory(session.io.env);
  const before = (await readContexts(directory)).contexts;
  const ids = localNames(before).flatMap((name) => before[name]?.accessKeyId ?? []);
  const knownId = await server.findKey(ids);
  const made = knownId === undefined ? await server.ensureAdminKey(undefined) : undefined;
  let chosen = { name: LOCAL_CONTEXT, replaced: '', isCurrent: true };
  // Decided with the lock: two servers may start at the same time.
  await changeConfig(directory, (file) => {
    const { contexts, currentContext } = file;
    const name = contextOf(contexts, knownId, server.url);
    const known = contexts[name];
    const isFirst = currentContext === undefined || contexts[currentContext] === undefined;
    const makeCurrent = isFirst || (made !== undefined && name === LOCAL_CONTEXT);
    chosen = {
      name,
      replaced: known !== undefined && known.server !== server.url ? `; it was ${known.server}` : '',
      isCurrent: makeCurrent || currentContext === name,
    };
    const caFile = server.caFile ?? (server.url.startsWith('https:') ? known?.caFile : undefined);
    const { accessKeyId, secretAccessKey } = made ?? known ?? {};
    const context = {
      server: server.url,
      ...(caFile === undefined ? {} : { caFile }),
      region,
      accessKeyId: accessKeyId ?? '',
      secretAccessKey: secretAccessKey ?? '',
    };
    return {
      ...file,
      contexts: { ...contexts, [name]: context },
      ...(makeCurrent ? { currentContext: name } : {}),
    };
  });
  const { name, replaced, isCurrent } = chosen;
  const created = made === undefined ? '' : ', created with a new admin key';
  const other =
    name === LOCAL_CONTEXT || made === undefined ? '' : `; ${LOCAL_CONTEXT} belongs to another server`;
  return { name, isCurrent, text: `${name} (${directory}/config.json)${created}${other}${replaced}` };
}

/** The context with the key of this server, else the one with its URL, else a name that no other server uses. */
function contextOf(contexts: Contexts, knownId: string | undefined, url: string): string {
  const names = localNames(contexts);
  const own =
    names.find((name) => knownId !== undefined && contexts[name]?.accessKeyId === knownId) ??
    names.find((name) => contexts[name]?.server === url);
  if (own !== undefined) return own;
  const base = `${LOCAL_CONTEXT}-${portOf(url)}`;
  let name = contexts[LOCAL_CONTEXT] === undefined ? LOCAL_CONTEXT : base;
  // Another scheme or host may have the same port.
  for (let number = 2; contexts[name] !== undefined; number++) name = `${base}-${number}`;
  return name;
}

function localNames(contexts: Contexts): string[] {
  return Object.keys(contexts)
    .filter((name) => /^local(?:-\d+){0,2}$/.test(name))
    .sort();
}

function portOf(url: string): string {
  const { port, protocol } = new URL(url);
  return port || (protocol === 'https:' ? '443' : '80');
}

// Load this with `await import`: it brings the YAML parser. kubectl reads YAML 1.1, where a bare `yes` or `on` is a boolean: what is
// added here is quoted. Comments and the order of what others wrote stay.
import { Document, isMap, isSeq, parseDocument, Scalar, visit, type YAMLMap, YAMLSeq } from 'yaml';
import { CliError } from '../errors/cli-error.ts';

/** Access to a cluster as the installer wrote it: its only context is `admin` for every cluster. */
export interface InstallerAccess {
  readonly id: string;
  readonly name: string;
  readonly kubeconfig: string;
}

/** A context that ocpctl added. */
export interface AddedContext {
  readonly context: string;
  readonly clusterId: string;
}

/** Marks the contexts of ocpctl. kubectl keeps the extensions of others. */
const MARK = 'ocpctl';
const SECTIONS = ['clusters', 'contexts', 'users'] as const;
type Section = (typeof SECTIONS)[number];

type UserOf = (access: InstallerAccess) => object;

/**
 * A user without keys, for whom kubectl runs ocpctl.
 * @param contextName of ocpctl, so that it asks the same server later
 */
export function execUser(contextName: string | undefined): UserOf {
  const context = contextName === undefined ? [] : ['--context', contextName];
  return ({ id }) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'ocpctl',
      args: ['kubeconfig', 'credential', id, '-o', 'json', ...context],
      interactiveMode: 'Never',
      provideClusterInfo: false,
      installHint: 'ocpctl is not in PATH: npm install --global ocpctl',
    },
  });
}

/** @returns the kubeconfig of one cluster, whose context, cluster and user have its name, so that files of several can be used together */
export function namedKubeconfig(access: InstallerAccess): string {
  return mergeCluster('', access, { use: true }).text;
}

/**
 * Adds a cluster to a kubeconfig, or replaces it. A name that something else has gets the end of the cluster's id.
 * @param use whether its context becomes the current one @param user instead of that of the installer
 * @throws CliError KUBECONFIG_UNREADABLE
 */
export function mergeCluster(
  text: string,
  access: InstallerAccess,
  { use, user: otherUser }: { readonly use: boolean; readonly user?: UserOf | undefined },
): { text: string; context: string } {
  const target = parseKubeconfig(text);
  const { cluster, user } = accessOf(access);
  const server = String(cluster['server']);
  const name = isFree(target, access, server) ? access.name : `${access.name}-${access.id.slice(-6)}`;
  const entries: Readonly<Record<Section, object>> = {
    clusters: { name, cluster },
    contexts: {
      name,
      context: {
        cluster: name,
        user: name,
        extensions: [{ name: MARK, extension: { clusterId: access.id } }],
      },
    },
    users: { name, user: otherUser?.(access) ?? user },
  };
  for (const section of SECTIONS) {
    removeEntries(target, section, (entry) => entry.get('name') === name);
    sectionOf(target, section).add(quoted(target, entries[section]));
  }
  if (use || !target.get('current-context')) target.set('current-context', quoted(target, name));
  return { text: printed(target), context: name };
}

/** Removes contexts that ocpctl added, with their clusters and users if no other context has them. */
export function removeContexts(
  text: string,
  isRemoved: (context: AddedContext) => boolean,
): { text: string; removed: AddedContext[] } {
  const target = parseKubeconfig(text);
  const removed: AddedContext[] = [];
  removeEntries(target, 'contexts', (entry) => {
    const added = addedContextOf(entry);
    if (added === undefined || !isRemoved(added)) return false;
    removed.push(added);
    return true;
  });
  const names = new Set(removed.map(({ context }) => context));
  const isUsed = (kind: 'cluster' | 'user', name: unknown) =>
    entriesOf(target, 'contexts').some((entry) => entry.getIn(['context', kind]) === name);
  const isLeft = (kind: 'cluster' | 'user') => (entry: YAMLMap) =>
    names.has(String(entry.get('name'))) && !isUsed(kind, entry.get('name'));
  removeEntries(target, 'clusters', isLeft('cluster'));
  removeEntries(target, 'users', isLeft('user'));
  if (names.has(String(target.get('current-context')))) target.set('current-context', quoted(target, ''));
  return { text: removed.length === 0 ? text : printed(target), removed };
}

export function addedContexts(text: string): AddedContext[] {
  return entriesOf(parseKubeconfig(text), 'contexts')
    .map(addedContextOf)
    .filter((added) => added !== undefined);
}

/** A context of the same name may be replaced if it is of this cluster, or of one that had the same address and is gone. */
function isFree(target: Document, { id, name }: InstallerAccess, server: string): boolean {
  const named = (section: Section) => entriesOf(target, section).find((entry) => entry.get('name') === name);
  const context = named('contexts');
  if (context === undefined) return named('clusters') === undefined && named('users') === undefined;
  const added = addedContextOf(context);
  return (
    added !== undefined &&
    (added.clusterId === id || named('clusters')?.getIn(['cluster', 'server']) === server)
  );
}

/** @returns cluster and user of the kubeconfig that an installer wrote */
export function accessOf({ kubeconfig }: InstallerAccess): {
  cluster: Readonly<Record<string, unknown>>;
  user: Readonly<Record<string, unknown>>;
} {
  const source = parseKubeconfig(kubeconfig);
  const [cluster] = entriesOf(source, 'clusters');
  const [user] = entriesOf(source, 'users');
  if (cluster === undefined || user === undefined)
    throw unreadable('the kubeconfig of the cluster has no cluster or no user');
  const plain = (entry: YAMLMap, key: string) =>
    (entry.toJS(source) as Record<string, Record<string, unknown>>)[key] ?? {};
  return { cluster: plain(cluster, 'cluster'), user: plain(user, 'user') };
}

function parseKubeconfig(text: string): Document {
  if (text.trim() === '')
    return new Document({
      apiVersion: 'v1',
      kind: 'Config',
      preferences: {},
      clusters: [],
      contexts: [],
      users: [],
      'current-context': '',
    });
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw unreadable(error.message);
  if (!isMap(document.contents)) throw unreadable('it is not a YAML mapping');
  for (const section of SECTIONS) {
    const value = document.get(section);
    if (value !== undefined && value !== null && !isSeq(value))
      throw unreadable(`its ${section} are not a list`);
  }
  return document;
}

function unreadable(what: string): CliError {
  return new CliError('KUBECONFIG_UNREADABLE', `cannot read the kubeconfig: ${what}`, {
    hint: 'correct the file, or choose another one with --file',
  });
}

function sectionOf(document: Document, section: Section): YAMLSeq {
  const found = document.get(section);
  if (isSeq(found)) {
    // An empty list is written as [], after which entries would be on the same line.
    found.flow = false;
    return found;
  }
  const created = new YAMLSeq();
  document.set(section, created);
  return created;
}

function entriesOf(document: Document, section: Section): YAMLMap[] {
  const found = document.get(section);
  return isSeq(found) ? found.items.filter((item): item is YAMLMap => isMap(item)) : [];
}

function removeEntries(document: Document, section: Section, isRemoved: (entry: YAMLMap) => boolean): void {
  const found = document.get(section);
  if (isSeq(found)) found.items = found.items.filter((item) => !(isMap(item) && isRemoved(item)));
}

function addedContextOf(entry: YAMLMap): AddedContext | undefined {
  const extensions = entry.getIn(['context', 'extensions']);
  if (!isSeq(extensions)) return undefined;
  const mark = extensions.items.find((item): item is YAMLMap => isMap(item) && item.get('name') === MARK);
  const clusterId = mark?.getIn(['extension', 'clusterId']);
  return typeof clusterId === 'string' ? { context: String(entry.get('name')), clusterId } : undefined;
}

function quoted(document: Document, value: unknown): ReturnType<Document['createNode']> {
  const node = document.createNode(value);
  visit(node, {
    Scalar: (key, scalar) => {
      if (key !== 'key' && typeof scalar.value === 'string') scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return node;
}

function printed(document: Document): string {
  return document.toString({ lineWidth: 0 });
}

// Load this with `await import`: it brings the YAML parser.
import { isMap, isSeq, type YAMLMap } from 'yaml';
import {
  currentContextOf,
  entriesOf,
  entryNamed,
  type KubeconfigYaml,
  parseKubeconfig,
  printKubeconfig,
  putEntry,
  removeEntries,
  SECTIONS,
  setCurrentContext,
  unreadable,
} from './kubeconfig-yaml.ts';

/** Access to a cluster as the installer wrote it: its only context is `admin` for every cluster. */
export interface InstallerAccess {
  readonly id: string;
  readonly name: string;
  readonly kubeconfig: string;
}

/** The text of a kubeconfig, and the file that errors name. */
export interface KubeconfigText {
  readonly text: string;
  readonly file: string;
}

/** A context that ocpctl added. */
export interface AddedContext {
  readonly context: string;
  readonly clusterId: string;
}

/** Where `kubectl config rename-context` renamed the context, the entry keeps its name. */
interface MarkedContext extends AddedContext {
  /** Name of the cluster and the user that ocpctl added. */
  readonly entry: string;
}

/** Marks the contexts of ocpctl. kubectl keeps the extensions of others. */
const MARK = 'ocpctl';

/** What is taken from the installer's kubeconfig. Other fields could run a program (`exec`), or read a file of this machine. */
const CLUSTER_FIELDS = ['certificate-authority-data', 'server', 'proxy-url', 'tls-server-name'] as const;
const USER_FIELDS = ['client-certificate-data', 'client-key-data', 'token'] as const;

type UserOf = (access: InstallerAccess) => object;

/**
 * A user without keys, for whom kubectl runs ocpctl.
 * @param flags with which ocpctl asks the same server later
 */
export function execUser(flags: readonly string[]): UserOf {
  return ({ id }) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'ocpctl',
      args: ['kubeconfig', 'credential', id, '-o', 'json', ...flags],
      interactiveMode: 'Never',
      installHint: 'ocpctl is not in PATH: npm install --global ocpctl',
    },
  });
}

/** @returns the kubeconfig of one cluster, whose context, cluster and user have its name, so that files of several can be used together */
export function namedKubeconfig(access: InstallerAccess): string {
  return mergeCluster({ text: '', file: '' }, access, { use: true }).text;
}

/**
 * Adds a cluster to a kubeconfig, or replaces it. A name that something else has gets the end of the cluster's id.
 * @param use whether its context becomes the current one @param user instead of that of the installer
 * @param others that kubectl reads too: their names are not used, and their current context stays
 * @throws CliError KUBECONFIG_UNREADABLE
 */
export function mergeCluster(
  target: KubeconfigText,
  access: InstallerAccess,
  {
    use,
    user: otherUser,
    others = [],
  }: {
    readonly use: boolean;
    readonly user?: UserOf | undefined;
    readonly others?: readonly KubeconfigText[];
  },
): { text: string; context: string; replaced: boolean } {
  const yaml = parseKubeconfig(target.text, target.file);
  const rest = others.map(({ text, file }) => parseKubeconfig(text, file));
  const { cluster, user } = accessOf(access);
  const present = markedContexts(yaml).find(({ clusterId }) => clusterId === access.id);
  const free = present ?? freeName([yaml, ...rest], access, String(cluster['server']));
  const { context: name, entry } = free;
  const replaced = SECTIONS.some(
    (section) => entryNamed(yaml, section, section === 'contexts' ? name : entry) !== undefined,
  );
  const namespace = entryNamed(yaml, 'contexts', name)?.getIn(['context', 'namespace']);
  putEntry(yaml, 'clusters', entry, { cluster });
  putEntry(yaml, 'contexts', name, {
    context: {
      cluster: entry,
      user: entry,
      ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
      extensions: [{ name: MARK, extension: { clusterId: access.id, entry } }],
    },
  });
  putEntry(yaml, 'users', entry, { user: otherUser?.(access) ?? user });
  if (use || [yaml, ...rest].every((one) => currentContextOf(one) === '')) setCurrentContext(yaml, name);
  return { text: printKubeconfig(yaml), context: name, replaced };
}

/** Removes contexts that ocpctl added, with the clusters and users that it added if no other context has them. */
export function removeContexts(
  { text, file }: KubeconfigText,
  isRemoved: (context: AddedContext) => boolean,
): { text: string; removed: AddedContext[] } {
  const yaml = parseKubeconfig(text, file);
  const marked = markedContexts(yaml).filter((context) => isRemoved(context));
  if (marked.length === 0) return { text, removed: [] };
  const contexts = new Set(marked.map(({ context }) => context));
  const entries = new Set(marked.map(({ entry }) => entry));
  removeEntries(yaml, 'contexts', (entry) => contexts.has(String(entry.get('name'))));
  const isUsed = (kind: 'cluster' | 'user', name: unknown) =>
    entriesOf(yaml, 'contexts').some((context) => context.getIn(['context', kind]) === name);
  const isLeft = (kind: 'cluster' | 'user') => (entry: YAMLMap) =>
    entries.has(String(entry.get('name'))) && !isUsed(kind, entry.get('name'));
  removeEntries(yaml, 'clusters', isLeft('cluster'));
  removeEntries(yaml, 'users', isLeft('user'));
  if (contexts.has(currentContextOf(yaml))) setCurrentContext(yaml, '');
  const removed = marked.map(({ context, clusterId }) => ({ context, clusterId }));
  return { text: printKubeconfig(yaml), removed };
}

export function addedContexts({ text, file }: KubeconfigText): AddedContext[] {
  return markedContexts(parseKubeconfig(text, file)).map(({ context, clusterId }) => ({
    context,
    clusterId,
  }));
}

/** @returns the name of the cluster, or the first after it that nothing else has */
function freeName(
  files: readonly KubeconfigYaml[],
  access: InstallerAccess,
  server: string,
): { readonly context: string; readonly entry: string } {
  const long = `${access.name}-${access.id.slice(-6)}`;
  const isFree = (name: string) => files.every((file) => isFreeIn(file, name, access, server));
  let name = isFree(access.name) ? access.name : long;
  for (let count = 2; !isFree(name); count += 1) name = `${long}-${count}`;
  return { context: name, entry: name };
}

/** A name is free too if it is of this cluster, or of one of ocpctl with the same address: that one no longer has it. */
function isFreeIn(file: KubeconfigYaml, name: string, { id }: InstallerAccess, server: string): boolean {
  if (SECTIONS.every((section) => entryNamed(file, section, name) === undefined)) return true;
  const marked = markedContexts(file).find(({ context, entry }) => context === name && entry === name);
  if (marked === undefined) return false;
  const address = entryNamed(file, 'clusters', name)?.getIn(['cluster', 'server']);
  return marked.clusterId === id || address === server;
}

/**
 * @returns cluster and user of the kubeconfig that an installer wrote
 * @throws CliError KUBECONFIG_UNREADABLE
 */
export function accessOf({ kubeconfig }: InstallerAccess): {
  cluster: Readonly<Partial<Record<(typeof CLUSTER_FIELDS)[number], string>>>;
  user: Readonly<Partial<Record<(typeof USER_FIELDS)[number], string>>>;
} {
  const yaml = parseKubeconfig(kubeconfig, undefined);
  const [cluster] = entriesOf(yaml, 'clusters');
  const [user] = entriesOf(yaml, 'users');
  if (cluster === undefined || user === undefined)
    throw unreadable('it has no cluster or no user', undefined);
  return {
    cluster: textsOf(cluster.get('cluster'), CLUSTER_FIELDS),
    user: textsOf(user.get('user'), USER_FIELDS),
  };
}

function textsOf<K extends string>(map: unknown, fields: readonly K[]): Partial<Record<K, string>> {
  const texts: Partial<Record<K, string>> = {};
  for (const field of fields) {
    const value = isMap(map) ? map.get(field) : undefined;
    if (typeof value === 'string' && value !== '') texts[field] = value;
  }
  return texts;
}

function markedContexts(yaml: KubeconfigYaml): MarkedContext[] {
  return entriesOf(yaml, 'contexts')
    .map((context) => {
      const extensions = context.getIn(['context', 'extensions']);
      if (!isSeq(extensions)) return undefined;
      const mark = extensions.items.find((item): item is YAMLMap => isMap(item) && item.get('name') === MARK);
      const [clusterId, entry] = [
        mark?.getIn(['extension', 'clusterId']),
        mark?.getIn(['extension', 'entry']),
      ];
      if (typeof clusterId !== 'string' || typeof entry !== 'string') return undefined;
      return { context: String(context.get('name')), clusterId, entry };
    })
    .filter((added) => added !== undefined);
}

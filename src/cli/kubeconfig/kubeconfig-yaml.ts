// Load this with `await import`: it brings the YAML parser.
import {
  type Alias,
  Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
  YAMLSeq,
} from 'yaml';
import { CliError } from '../errors/cli-error.ts';

export const SECTIONS = ['clusters', 'contexts', 'users'] as const;
export type Section = (typeof SECTIONS)[number];

/** As many as the YAML library resolves; more are an attack or a mistake. */
const MAX_ALIASES = 100;

/** A kubeconfig as YAML. Only its structure is read: every value is a text, so that 007, 1e3 and numbers of 20 digits stay as they are. */
export interface KubeconfigYaml {
  readonly document: Document;
  /** Whether items of lists begin in the column of their key, as kubectl writes them. */
  readonly indentSeq: boolean;
}

/**
 * @param file that the text was read from; undefined for that of a cluster, which the server sent
 * @throws CliError KUBECONFIG_UNREADABLE; it never has text of the file, whose lines may be keys
 */
export function parseKubeconfig(text: string, file: string | undefined): KubeconfigYaml {
  const lines = new LineCounter();
  const document: Document = parseDocument(text, {
    schema: 'failsafe',
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = document.errors;
  if (error?.code === 'MULTIPLE_DOCS') throw unreadable('it has more than one YAML document', file);
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw unreadable(`it is not valid YAML at line ${line}, column ${col}`, file);
  }
  if (isNothing(document.contents)) return { document: emptyKubeconfig(text), indentSeq: true };
  if (!isMap(document.contents)) throw unreadable('it is not a YAML mapping', file);
  expandAliases(document, file);
  visit(document, {
    Pair: (_, pair) => {
      // The printer has no text for null without a schema.
      pair.value ??= new Scalar('');
    },
  });
  for (const section of SECTIONS) {
    const value = document.get(section, true);
    if (!isNothing(value) && !isSeq(value)) throw unreadable(`its ${section} are not a list`, file);
  }
  return { document, indentSeq: !/^(clusters|contexts|users):[^\S\n]*\n- /m.test(text) };
}

export function printKubeconfig({ document, indentSeq }: KubeconfigYaml): string {
  return document.toString({ lineWidth: 0, indentSeq });
}

export function unreadable(what: string, file: string | undefined): CliError {
  return file === undefined
    ? new CliError('KUBECONFIG_UNREADABLE', `cannot read the kubeconfig of the cluster: ${what}`, {
        hint: 'the installer wrote it: tell the operators of the server',
      })
    : new CliError('KUBECONFIG_UNREADABLE', `cannot read ${file}: ${what}`, {
        hint: 'correct the file, or choose another one with --file',
      });
}

export function entriesOf({ document }: KubeconfigYaml, section: Section): YAMLMap[] {
  const found = document.get(section);
  return isSeq(found) ? found.items.filter((item): item is YAMLMap => isMap(item)) : [];
}

export function entryNamed(yaml: KubeconfigYaml, section: Section, name: string): YAMLMap | undefined {
  return entriesOf(yaml, section).find((entry) => entry.get('name') === name);
}

/** Replaces the entry of the same name, or adds it as the last one. */
export function putEntry({ document }: KubeconfigYaml, section: Section, name: string, fields: object): void {
  const entry = quoted(document, { name, ...fields });
  const found = document.get(section);
  const list = isSeq(found) ? found : new YAMLSeq();
  if (list !== found) document.set(section, list);
  const index = list.items.findIndex((item) => isMap(item) && item.get('name') === name);
  if (index === -1) list.add(entry);
  else list.items[index] = entry;
  // An empty list is written as [], after which entries would be on the same line.
  list.flow = false;
}

export function removeEntries(
  { document }: KubeconfigYaml,
  section: Section,
  isRemoved: (entry: YAMLMap) => boolean,
): void {
  const found = document.get(section);
  if (isSeq(found)) found.items = found.items.filter((item) => !(isMap(item) && isRemoved(item)));
}

export function currentContextOf({ document }: KubeconfigYaml): string {
  const value = document.get('current-context', true);
  return isNothing(value) || !isScalar(value) ? '' : String(value.value);
}

export function setCurrentContext({ document }: KubeconfigYaml, name: string): void {
  document.set('current-context', quoted(document, name));
}

/** kubectl reads YAML 1.1, where a bare `yes` or `on` is a boolean. */
function quoted(document: Document, value: unknown): Node {
  const node = document.createNode(value);
  visit(node, {
    Scalar: (key, scalar) => {
      if (key !== 'key' && typeof scalar.value === 'string') scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return node;
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return (
    isScalar(value) &&
    value.type === Scalar.PLAIN &&
    ['', '~', 'null', 'Null', 'NULL'].includes(String(value.value))
  );
}

/** @param text has nothing but comments, which stay */
function emptyKubeconfig(text: string): Document {
  const document = new Document(
    { apiVersion: 'v1', kind: 'Config', preferences: {}, clusters: [], contexts: [], users: [] },
    { schema: 'failsafe' },
  );
  document.set('current-context', quoted(document, ''));
  const comments = [...text.matchAll(/^\s*#(.*)$/gm)].map(([, comment]) => comment);
  if (comments.length > 0) document.commentBefore = comments.join('\n');
  return document;
}

/** Writes aliases out, as kubectl does: the entry that has the anchor may be removed. */
function expandAliases(document: Document, file: string | undefined): void {
  let count = 0;
  visit(document, {
    Alias: (_, alias: Alias) => {
      count += 1;
      const copy = alias.resolve(document)?.clone();
      if (!isNode(copy)) throw unreadable('it has an alias without an anchor', file);
      if (count > MAX_ALIASES) throw unreadable('it has too many aliases', file);
      return copy;
    },
  });
  if (count === 0) return;
  visit(document, {
    Node: (_, node) => {
      if ('anchor' in node) delete node.anchor;
    },
  });
}

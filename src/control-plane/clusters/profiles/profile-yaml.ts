import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml';

export type FieldPath = readonly PropertyKey[];

/** The YAML of a profile, in which each field has a position. */
export interface ProfileYaml {
  readonly content: unknown;
  /** @returns line and column of the key at `path`, or of its nearest existing parent */
  locate(path: FieldPath): { readonly line: number; readonly column: number };
  /** @returns line and column of a line of the text at `path`, from 1; as `locate` unless the text is a literal block */
  locateLine(path: FieldPath, line: number): { readonly line: number; readonly column: number };
  /** @returns whether the document has a field */
  has(path: FieldPath): boolean;
  /** @returns the value at `path`, also as it is written and as a message shows it; undefined for lists and mappings */
  scalarAt(path: FieldPath): ScalarValue | undefined;
}

export interface ScalarValue {
  readonly value: unknown;
  readonly source: string;
  readonly shown: string;
}

/** Why a text is not the YAML of a profile. */
export interface YamlFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}

const MAX_ALIASES = 50;
const NETWORK = /^[\d.]+\/\d+$/;

/** Parses the YAML of a profile; does not throw for invalid text. */
export function parseProfileYaml(text: string): ProfileYaml | readonly YamlFault[] {
  return parseYaml(text, {
    message: 'must be a mapping of profile fields',
    fix: 'begin with a field, such as "name: aws-standard"',
  });
}

/** Parses one mapping; does not throw for invalid text. @param noMapping what to say of anything else */
export function parseYaml(
  text: string,
  noMapping: Pick<YamlFault, 'message' | 'fix'>,
): ProfileYaml | readonly YamlFault[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: false });
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return faults.map((fault) => ({ ...positionOf(fault.pos[0]), ...yamlFault(fault, text) }));
  const merges = mergeKeyOffsets(document);
  if (merges.length > 0)
    return merges.map((offset) => ({
      ...positionOf(offset),
      message: '"<<" is a merge key, which programs read differently',
      fix: 'write the fields out',
    }));
  const content = plainContent(document);
  if (content === undefined) {
    return [{ line: 1, column: 1, message: 'uses too many YAML aliases', fix: 'write the values out' }];
  }
  if (!isMap(document.contents)) {
    return [{ line: 1, column: 1, ...noMapping }];
  }
  return {
    content,
    locate: (path) => positionOf(offsetOf(document, path)),
    locateLine(path, line) {
      const node = document.getIn(path, true);
      if (!isScalar(node) || node.type !== 'BLOCK_LITERAL' || !node.range)
        return positionOf(offsetOf(document, path));
      const at = positionOf(node.range[0]).line + line;
      const indent = /^ */.exec(text.split('\n')[at - 1] ?? '')?.[0].length ?? 0;
      return { line: at, column: indent + 1 };
    },
    has: (path) => document.getIn(path, true) !== undefined,
    scalarAt(path) {
      const node = document.getIn(path, true);
      if (!isScalar(node)) return undefined;
      const source = node.source ?? String(node.value);
      const isWord = typeof node.value === 'string' && !NETWORK.test(source);
      return { value: node.value, source, shown: isWord ? `"${source}"` : source };
    },
  };
}

function yamlFault(
  { code, message, pos }: { code: string; message: string; pos: readonly [number, number] },
  text: string,
): Pick<YamlFault, 'message' | 'fix'> {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^:\n]*/.exec(text.slice(pos[0]))?.[0] ?? '';
    return { message: `${key} is a duplicate key`, fix: 'remove one of them' };
  }
  if (code === 'MULTIPLE_DOCS')
    return { message: 'is a second document', fix: 'use one document for each file' };
  return { message: `is not valid YAML: ${message}`, fix: 'correct the syntax' };
}

/** YAML 1.2 has no merge keys, but the installer and Kubernetes resolve them: what is checked must be what they read. */
function mergeKeyOffsets(document: Document.Parsed): number[] {
  const offsets: number[] = [];
  visit(document, {
    Pair(_, { key }) {
      if (isScalar(key) && key.value === '<<') offsets.push(key.range?.[0] ?? 0);
    },
  });
  return offsets;
}

/** @returns undefined if aliases expand to too much */
function plainContent(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? null;
  } catch (error) {
    // `yaml` throws a ReferenceError for too many aliases; anything else is a bug.
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}

function offsetOf(document: Document.Parsed, path: FieldPath): number {
  for (let length = path.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    } else {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node)) return node.range?.[0] ?? 0;
    }
  }
  return 0;
}

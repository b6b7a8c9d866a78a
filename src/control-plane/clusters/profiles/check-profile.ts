import { basename } from 'node:path';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closestMatch } from '../../../contract/closest-match.ts';
import { type Profile, profileSchema } from './profile.ts';

/** A problem of a profile, with its location. Lines and columns count from 1. */
export interface ProfileProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Path of the field, such as `openshiftVersions.default`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

export type ProfileCheck =
  | { readonly profile: Profile; readonly problems?: undefined }
  | { readonly profile?: undefined; readonly problems: readonly ProfileProblem[] };

const MAX_BYTES = 64 * 1024;
const MAX_ALIASES = 50;

/** Parses a profile. @returns the profile, or every problem of the text; does not throw for invalid text */
export function checkProfile(file: string, text: string): ProfileCheck {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return { problems: [{ file, line: 1, column: 1, path: '', message: 'is larger than 64 KiB' }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: false });
  const at = (offset: number, path: string, message: string): ProfileProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  };

  const yamlProblems = [...document.errors, ...document.warnings];
  if (yamlProblems.length > 0) return { problems: yamlProblems.map((e) => at(e.pos[0], '', yamlMessage(e))) };
  const content = plainContent(document);
  if (content instanceof Error) return { problems: [at(0, '', content.message)] };
  if (!isMap(document.contents)) {
    return { problems: [at(0, '', 'must be a mapping of profile fields, such as "name: aws-standard"')] };
  }

  const parsed = profileSchema.safeParse(content);
  if (!parsed.success) {
    return { problems: parsed.error.issues.flatMap((issue) => describeIssue(document, issue, at)) };
  }
  const fileName = basename(file).replace(/\.ya?ml$/, '');
  if (parsed.data.name !== fileName) {
    const message = `is "${parsed.data.name}" in a file called "${basename(file)}"; fix: rename one of them`;
    return { problems: [at(offsetOf(document, ['name']), 'name', message)] };
  }
  return { profile: parsed.data };
}

function yamlMessage(error: { code: string; message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'is a duplicate key; fix: remove one of them';
  return `is not valid YAML: ${error.message}`;
}

function plainContent(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // `yaml` throws a ReferenceError if aliases expand to too much; anything else is a bug.
    if (error instanceof ReferenceError) return new Error('uses too many YAML aliases');
    throw error;
  }
}

type Path = readonly PropertyKey[];
type At = (offset: number, path: string, message: string) => ProfileProblem;

function describeIssue(document: Document.Parsed, issue: z.core.$ZodIssue, at: At): ProfileProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const guess = closestMatch(key, knownKeys(issue.path));
      const fix = guess === undefined ? 'fix: remove it' : `did you mean "${guess}"?`;
      return at(offsetOf(document, path), dotted(path), `is not a field of a profile; ${fix}`);
    });
  }
  const node = document.getIn(issue.path as Iterable<unknown>, true);
  const message = node === undefined ? missing(issue) : (wrongScalar(node, issue) ?? issue.message);
  return [at(offsetOf(document, issue.path), dotted(issue.path), message)];
}

function missing(issue: z.core.$ZodIssue): string {
  return issue.code === 'custom' ? issue.message : 'is missing; fix: add it';
}

/** YAML reads an unquoted 4.20 as the number 4.2, so the message says to quote it. */
function wrongScalar(node: unknown, issue: z.core.$ZodIssue): string | undefined {
  if (issue.code !== 'invalid_type' || issue.expected !== 'string' || !isScalar(node)) return undefined;
  const source = node.source ?? String(node.value);
  return `${source} is read as ${article(node.value)}, not as text; fix: quote it: "${source}"`;
}

function article(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'number' ? `the number ${value}` : `the ${typeof value} ${String(value)}`;
}

/** @returns the offset of the key at `path`, or of its nearest existing parent. */
function offsetOf(document: Document.Parsed, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const parent =
      length === 1 ? document.contents : document.getIn(path.slice(0, length - 1) as Iterable<unknown>, true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair !== undefined && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    } else {
      const node = document.getIn(path.slice(0, length) as Iterable<unknown>, true);
      if (isNode(node)) return node.range?.[0] ?? 0;
    }
  }
  return 0;
}

function dotted(path: Path): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

/** @returns the field names of the schema at `path`, for both platforms. */
function knownKeys(path: Path): string[] {
  let schemas: unknown[] = [...profileSchema.options];
  for (const part of path)
    schemas = schemas.map((schema) => childOf(schema, part)).filter((s) => s !== undefined);
  return [...new Set(schemas.flatMap((schema) => Object.keys(shapeOf(schema) ?? {})))];
}

function childOf(schema: unknown, part: PropertyKey): unknown {
  const shape = shapeOf(schema);
  if (shape !== undefined) return unwrap(shape[String(part)]);
  return typeof schema === 'object' && schema !== null && 'element' in schema
    ? unwrap(schema.element)
    : undefined;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return typeof schema === 'object' && schema !== null && 'shape' in schema
    ? (schema.shape as Record<string, unknown>)
    : undefined;
}

function unwrap(schema: unknown): unknown {
  const optional =
    typeof schema === 'object' && schema !== null && 'unwrap' in schema && !('element' in schema);
  return optional ? (schema as { unwrap(): unknown }).unwrap() : schema;
}

import type { ApiClient } from '../client/api-client.ts';
import type { ApiRequest } from '../client/channel.ts';
import { type Page, pages } from '../client/pages.ts';
import { parseTarget, withQuery } from '../client/request-target.ts';
import { isObject } from '../contract/documents.ts';
import { printable } from '../contract/escape.ts';
import { UsageError } from './errors/cli-error.ts';
import { type Io, readInput } from './output/io.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

interface ApiFlags {
  readonly field?: readonly string[] | undefined;
  readonly 'raw-field'?: readonly string[] | undefined;
  readonly input?: string | undefined;
}

/** A path alone is a GET. @throws UsageError without a path */
export function methodAndPath({
  method,
  path,
}: {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
}): { method: string; path: string } {
  if (method !== undefined && path !== undefined) return { method, path };
  if (method === undefined || METHODS.includes(method.toUpperCase()))
    throw new UsageError('missing argument: PATH', { hint: 'for example: ocpctl api /v1/clusters' });
  return { method: 'GET', path: method };
}

/** All pages of a list as one document; another document stays as it is. @param first the document of the first page */
export async function allPages(client: ApiClient, request: ApiRequest, first: unknown): Promise<unknown> {
  if (!isPage(first)) return first;
  const { path, query } = parseTarget(request.target);
  const items: unknown[] = [];
  const fetchPage = async (cursor?: string) => {
    if (cursor === undefined) return first;
    const { text } = await client.send({ ...request, target: withQuery(path, { ...query, cursor }) });
    const page: unknown = JSON.parse(text);
    return isPage(page) ? page : { items: [], nextCursor: null };
  };
  for await (const page of pages(fetchPage)) items.push(...page.items);
  return { ...first, items, nextCursor: null };
}

function isPage(document: unknown): document is Page<unknown> {
  return isObject(document) && Array.isArray(document['items']);
}

/** Builds a request from what `ocpctl api` is given. @throws UsageError */
export async function apiRequest(
  io: Pick<Io, 'stdin'>,
  args: { readonly method: string; readonly path: string },
  flags: ApiFlags,
): Promise<ApiRequest> {
  const method = args.method.toUpperCase();
  if (!METHODS.includes(method))
    throw new UsageError(`invalid method "${args.method}"`, { hint: `use ${METHODS.join(', ')}` });
  const { path, query, repeated } = parseTarget(args.path.startsWith('/') ? args.path : `/${args.path}`);
  if (!/^[\x21-\x7e]*$/.test(path))
    throw new UsageError(`invalid path "${printable(args.path)}"`, {
      hint: 'percent-encode other characters than ASCII letters, digits and signs: use %20 for a space',
    });
  const fields = fieldsOf(flags);
  if (method === 'GET') {
    if (flags.input !== undefined) throw new UsageError('a GET has no body: use --field, or the path');
    const added = texts(fields);
    assertOnce([...repeated, ...Object.keys(added).filter((name) => Object.hasOwn(query, name))]);
    return { method, target: withQuery(path, { ...query, ...added }) };
  }
  assertOnce(repeated);
  const target = withQuery(path, query);
  if (flags.input !== undefined) return { method, target, body: await jsonInput(io, flags.input) };
  return Object.keys(fields).length === 0
    ? { method, target }
    : { method, target, body: JSON.stringify(fields) };
}

/** The API has no parameter that can be repeated. */
function assertOnce(repeated: readonly string[]): void {
  const [name] = repeated;
  if (name !== undefined) throw new UsageError(`parameter ${name} is given twice`);
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf({ field = [], 'raw-field': raw = [] }: ApiFlags): Fields {
  const fields: Record<string, unknown> = {};
  for (const text of raw) setField(fields, 'raw-field', text, (value) => value);
  for (const text of field) setField(fields, 'field', text, jsonOrText);
  return fields;
}

function setField(
  fields: Record<string, unknown>,
  flag: string,
  text: string,
  parse: (value: string) => unknown,
): void {
  const at = text.indexOf('=');
  const keys = text.slice(0, Math.max(at, 0)).split('.');
  const name = keys.pop() ?? '';
  if (name === '' || keys.includes(''))
    throw new UsageError(`invalid value "${text}" for --${flag}: use KEY=VALUE, for example name=demo`);
  let parent = fields;
  for (const key of keys) {
    const child = Object.hasOwn(parent, key) ? parent[key] : {};
    if (!isObject(child))
      throw new UsageError(`--${flag} ${text.slice(0, at)}: ${key} has a value of its own already`);
    define(parent, key, child);
    parent = child;
  }
  if (Object.hasOwn(parent, name))
    throw new UsageError(`--${flag} ${text.slice(0, at)}: ${name} is given twice`);
  define(parent, name, parse(text.slice(at + 1)));
}

/** An assignment to `__proto__` would be lost. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function texts(fields: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

async function jsonInput(io: Pick<Io, 'stdin'>, path: string): Promise<string> {
  const text = await readInput(io, path);
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`${path === '-' ? 'stdin' : path} is not JSON`, { cause });
  }
}

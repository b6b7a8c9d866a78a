import { isObject } from '../contract/documents.ts';
import { toJson } from '../contract/escape.ts';

/** A value path that does not exist; `known` lists the available fields. */
export class NoSuchFieldError extends Error {
  readonly known: readonly string[];
  constructor(path: string, known: readonly string[]) {
    super(`the result has no field "${path}"`);
    this.name = 'NoSuchFieldError';
    this.known = known;
  }
}

/**
 * Looks up `cluster.id`, `items.0.name` or `items[0].name` in a document. In a list, a path that does not start with
 * `items` or `nextCursor` is looked up in each item.
 * @returns one string per value: scalars as they are, null as '', objects and arrays as one line of JSON.
 * @throws NoSuchFieldError
 */
export function valuesAt(document: unknown, path: string): string[] {
  const keys = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  const first = keys[0] ?? '';
  if (isObject(document) && Array.isArray(document['items']) && !Object.hasOwn(document, first)) {
    return document['items'].map((item) => print(lookUp(item, keys, path)));
  }
  return [print(lookUp(document, keys, path))];
}

function lookUp(document: unknown, keys: readonly string[], path: string): unknown {
  let value = document;
  for (const key of keys) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) {
      throw new NoSuchFieldError(path, isObject(value) || Array.isArray(value) ? Object.keys(value) : []);
    }
    value = Reflect.get(value, key);
  }
  return value;
}

function print(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? toJson(value) : String(value);
}

import { isObject } from '../../../contract/documents.ts';

/** A part of an install-config, such as `installConfig` of a profile. */
export type InstallConfigFragment = Readonly<Record<string, unknown>>;

/**
 * Merges a fragment into a document: mappings by key, pools of `compute` by name; other lists and values replace those of the document.
 * The result has not been validated.
 */
export function mergeFragment<T extends object>(document: T, fragment: InstallConfigFragment): T {
  return merge(document, fragment, '') as T;
}

function merge(base: unknown, over: unknown, key: string): unknown {
  if (key === 'compute' && isPoolList(base) && isPoolList(over)) return mergePools(base, over);
  if (!isObject(base) || !isObject(over)) return over;
  const merged = Object.entries(over).map(([name, value]) => [
    name,
    Object.hasOwn(base, name) ? merge(base[name], value, name) : value,
  ]);
  return { ...base, ...Object.fromEntries(merged) };
}

function mergePools(base: readonly Pool[], over: readonly Pool[]): Pool[] {
  const added = over.filter(({ name }) => !base.some((pool) => pool.name === name));
  const merged = base.map((pool) => {
    const change = over.find(({ name }) => name === pool.name);
    return change === undefined ? pool : (merge(pool, change, '') as Pool);
  });
  return [...merged, ...added];
}

interface Pool {
  readonly name: string;
}

function isPoolList(value: unknown): value is readonly Pool[] {
  return Array.isArray(value) && value.every((pool) => isObject(pool) && typeof pool['name'] === 'string');
}

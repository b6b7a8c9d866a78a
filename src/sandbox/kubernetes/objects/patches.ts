import { isJsonObject, isSame, type Json, type JsonObject } from './kube-object.ts';

/** A patch that cannot be applied. `code`: 422 when it does not fit the object, 400 when it is not a patch. */
export class PatchError extends Error {
  readonly code: 400 | 422;
  constructor(code: 400 | 422, message: string) {
    super(message);
    this.name = 'PatchError';
    this.code = code;
  }
}

/** JSON merge patch, RFC 7386: null removes a field. */
export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[field];
    else merged[field] = applyMergePatch(merged[field], value);
  }
  return merged;
}

/** The fields of lists that strategic patches merge by a key, as the types of Kubernetes say (`patchMergeKey`). */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  ownerReferences: 'uid',
  conditions: 'type',
  addresses: 'type',
};
const MERGED_VALUES: readonly string[] = ['finalizers'];

/** Strategic merge patch: as a merge patch, but lists with a key are merged; `$patch: delete|replace`, `$deleteFromPrimitiveList/…`. */
export function applyStrategicPatch(target: Json | undefined, patch: JsonObject): JsonObject {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const merged: JsonObject = isJsonObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    const deletedFrom = /^\$deleteFromPrimitiveList\/(.+)$/.exec(field)?.[1];
    if (deletedFrom !== undefined) {
      const kept = listOf(merged[deletedFrom]).filter((entry) => !listOf(value).includes(entry));
      merged[deletedFrom] = kept;
    } else if (field.startsWith('$')) continue;
    else if (value === null || value === undefined) delete merged[field];
    else if (isJsonObject(value)) {
      if (value['$patch'] === 'delete') delete merged[field];
      else merged[field] = applyStrategicPatch(merged[field], value);
    } else if (Array.isArray(value)) merged[field] = mergeLists(field, listOf(merged[field]), value);
    else merged[field] = value;
  }
  return merged;
}

function mergeLists(field: string, target: Json[], patch: Json[]): Json[] {
  if (MERGED_VALUES.includes(field)) return [...new Set([...target, ...patch])];
  const key = MERGE_KEYS[field];
  const directives = patch.filter(isJsonObject);
  if (key === undefined || directives.some((entry) => entry['$patch'] === 'replace'))
    return patch.filter((entry) => !isJsonObject(entry) || entry['$patch'] === undefined);
  const merged = [...target];
  for (const entry of directives) {
    const at = merged.findIndex((other) => isJsonObject(other) && other[key] === entry[key]);
    if (entry['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) merged[at] = applyStrategicPatch(merged[at], entry);
    else merged.push(withoutDirectives(entry));
  }
  return merged;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith('$')));
}

/** JSON patch, RFC 6902. @throws PatchError */
export function applyJsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw new PatchError(400, 'the patch is not a list of operations');
  let document = structuredClone(target);
  for (const operation of patch) {
    if (!isJsonObject(operation)) throw new PatchError(400, 'an operation of the patch is not an object');
    document = applyOperation(document, operation);
  }
  return document;
}

function applyOperation(document: Json, operation: JsonObject): Json {
  const path = pointerOf(operation, 'path');
  const { op, value = null } = operation;
  switch (op) {
    case 'add':
      return setAt(document, path, value, 'add');
    case 'replace':
      readAt(document, path);
      return setAt(document, path, value, 'replace');
    case 'remove':
      return removeAt(document, path);
    case 'copy':
      return setAt(document, path, structuredClone(readAt(document, pointerOf(operation, 'from'))), 'add');
    case 'move': {
      const from = pointerOf(operation, 'from');
      const moved = readAt(document, from);
      return setAt(removeAt(document, from), path, moved, 'add');
    }
    case 'test':
      if (!isSame(readAt(document, path), value))
        throw new PatchError(422, `testing value ${String(operation['path'])} failed: test failed`);
      return document;
    default:
      throw new PatchError(422, `unexpected kind: ${String(op)}`);
  }
}

function pointerOf(operation: JsonObject, field: 'path' | 'from'): string[] {
  const text = operation[field];
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/')))
    throw new PatchError(422, `invalid "${field}" of an operation: ${JSON.stringify(text)}`);
  return text
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function readAt(document: Json, path: readonly string[]): Json {
  let at: Json | undefined = document;
  for (const part of path) {
    if (Array.isArray(at)) at = at[indexOf(part, at.length - 1)];
    else at = isJsonObject(at) ? at[part] : undefined;
    if (at === undefined) throw missing(path);
  }
  return at;
}

function setAt(document: Json, path: readonly string[], value: Json, op: 'add' | 'replace'): Json {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = readAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    if (op === 'replace') parent[indexOf(last, parent.length - 1)] = value;
    else if (last === '-') parent.push(value);
    else parent.splice(indexOf(last, parent.length), 0, value);
  } else if (isJsonObject(parent)) parent[last] = value;
  else throw missing(path);
  return document;
}

function removeAt(document: Json, path: readonly string[]): Json {
  const last = path.at(-1) ?? '';
  readAt(document, path);
  const parent = readAt(document, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(indexOf(last, parent.length - 1), 1);
  else if (isJsonObject(parent)) delete parent[last];
  return document;
}

function indexOf(part: string, largest: number): number {
  const index = /^\d+$/.test(part) ? Number(part) : Number.NaN;
  if (!(index <= largest)) throw new PatchError(422, `invalid index "${part}" of an array`);
  return index;
}

function missing(path: readonly string[]): PatchError {
  return new PatchError(422, `the path /${path.join('/')} does not exist`);
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

import { closestMatch } from '../../../contract/closest-match.ts';
import { FIELDS, type FieldTable, type FieldType } from './fields.gen.ts';
import type { InstallConfigProblem } from './install-config-problem.ts';

/** The CRD does not define `metadata`; these are the keys that the installer uses. */
const KNOWN: FieldTable = {
  ...FIELDS,
  metadata: {
    name: 'string',
    namespace: 'string',
    creationTimestamp: 'any',
    annotations: { '*': 'string' },
    labels: { '*': 'string' },
  },
};

/** Checks names and types against the table of known fields. `null` counts as absent, as for the installer. */
export function shapeProblems(document: unknown): InstallConfigProblem[] {
  return compare(document, KNOWN, '');
}

/** @returns the type of a field by its path; an item of a list has the name of its pool. Undefined: there is no such field */
export function fieldType(path: readonly string[]): 'string' | 'integer' | 'boolean' | 'other' | undefined {
  let type: FieldType | undefined = KNOWN;
  for (const name of path) {
    if (type === undefined || typeof type === 'string') return undefined;
    if (isList(type)) type = type[0];
    else type = Object.hasOwn(type, name) ? type[name] : undefined;
  }
  if (type === undefined || type === 'string' || type === 'integer' || type === 'boolean') return type;
  return 'other';
}

function compare(value: unknown, type: FieldType, field: string): InstallConfigProblem[] {
  if (value === null || value === undefined || type === 'any') return [];
  if (typeof type === 'string') return isOfType(value, type) ? [] : [wrongType(field, type)];
  if (isList(type)) {
    if (!Array.isArray(value)) return [wrongType(field, 'list')];
    return value.flatMap((item, index) => compareItem(item, type[0], `${field}[${index}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [wrongType(field, 'mapping')];
  return Object.entries(value).flatMap(([key, child]) => compareKey(key, child, type, field));
}

function compareKey(key: string, child: unknown, table: FieldTable, parent: string): InstallConfigProblem[] {
  const free = table['*'];
  if (free !== undefined) return compareItem(child, free, `${parent}[${key}]`);
  const field = parent === '' ? key : `${parent}.${key}`;
  const type = Object.hasOwn(table, key) ? table[key] : undefined;
  if (type !== undefined) return compare(child, type, field);
  const guess = closestMatch(key, Object.keys(table));
  const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
  return [{ field, type: 'FieldUnknown', message: `is not a field of install-config 4.20${hint}` }];
}

/** In a list or a map with free keys, the installer reads `null` as an empty value, not as absent. */
function compareItem(value: unknown, type: FieldType, field: string): InstallConfigProblem[] {
  return value === null
    ? [{ field, type: 'FieldTypeInvalid', message: 'must not be null' }]
    : compare(value, type, field);
}

function isOfType(value: unknown, type: 'string' | 'integer' | 'boolean'): boolean {
  return type === 'integer' ? Number.isSafeInteger(value) : typeof value === type;
}

function wrongType(field: string, expected: string): InstallConfigProblem {
  return { field, type: 'FieldTypeInvalid', message: `must be a ${expected}` };
}

function isList(type: FieldType): type is readonly [FieldType] {
  return Array.isArray(type);
}

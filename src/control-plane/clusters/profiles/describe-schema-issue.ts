import type { z } from 'zod';
import { closestMatch } from '../../../contract/closest-match.ts';
import { profileSchema } from './profile.ts';
import { type FieldFault, splitFix } from './profile-problem.ts';
import type { FieldPath, ProfileYaml } from './profile-yaml.ts';

/** @returns what is wrong in the words of a profile, and how to correct it; one fault for each unknown key */
export function describeSchemaIssue(document: ProfileYaml, issue: z.core.$ZodIssue): FieldFault[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const guess = closestMatch(key, knownKeys(path));
      const fix = guess === undefined ? 'remove it' : `rename it to "${guess}"`;
      return { path: [...path, key], message: 'is not a field of a profile', fix };
    });
  }
  if (issue.code === 'invalid_key') {
    const [first] = issue.issues;
    return first === undefined ? [] : [{ path, ...withSubject(`"${String(path.at(-1))}"`, first) }];
  }
  const scalar = document.scalarAt(path);
  if (scalar === undefined && !document.has(path) && issue.code !== 'custom') {
    return [{ path, message: 'is missing', fix: 'add it' }];
  }
  if (scalar !== undefined && issue.code === 'invalid_type' && issue.expected === 'string') {
    // YAML reads an unquoted 4.20 as the number 4.2.
    const message = `${scalar.source} is read as ${article(scalar.value)}, not as text`;
    return [{ path, message, fix: `quote it: "${scalar.source}"` }];
  }
  // A text of several lines may be a key.
  return [{ path, ...withSubject(scalar?.shown.includes('\n') ? undefined : scalar?.shown, issue) }];
}

function article(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'number' ? `the number ${value}` : `the ${typeof value} ${String(value)}`;
}

function withSubject(subject: string | undefined, issue: z.core.$ZodIssue): Omit<FieldFault, 'path'> {
  const { message, fix } = splitFix(issue.message) ?? builtInFault(issue);
  return { message: subject === undefined ? message : `${subject} ${message}`, fix };
}

/** Types of zod, as people who write YAML call them. */
const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a mapping of fields',
  record: 'a mapping of fields',
  string: 'text',
};

function unsupported(values: readonly unknown[]): Omit<FieldFault, 'path'> {
  return { message: 'is not supported', fix: `use one of ${values.map(String).join(', ')}` };
}

/** The checks that have no text of their own in the schema. */
function builtInFault(issue: z.core.$ZodIssue): Omit<FieldFault, 'path'> {
  switch (issue.code) {
    case 'invalid_type': {
      const expected = TYPES[issue.expected] ?? issue.expected;
      return { message: `is not ${expected}`, fix: `use ${expected}` };
    }
    case 'invalid_value':
      return unsupported(issue.values);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? unsupported(issue.options)
        : { message: 'is not supported', fix: 'correct it' };
    case 'too_small': {
      const minimum = Number(issue.minimum) + (issue.inclusive === false && issue.origin === 'int' ? 1 : 0);
      if (issue.inclusive === false)
        return { message: `must be more than ${minimum}`, fix: `use more than ${minimum}` };
      if (issue.origin === 'string' || issue.origin === 'array')
        return { message: 'must not be empty', fix: 'set it' };
      return { message: `is less than ${minimum}`, fix: `use ${minimum} or more` };
    }
    case 'too_big': {
      const { maximum, origin } = issue;
      if (origin === 'string') return { message: `has more than ${maximum} characters`, fix: 'shorten it' };
      if (origin === 'array') return { message: `has more than ${maximum} items`, fix: 'remove the others' };
      return { message: `is more than ${maximum}`, fix: `use ${maximum} or less` };
    }
    default:
      return { message: issue.message, fix: 'correct it' };
  }
}

/** @returns the field names of the schema at `path`, for both platforms. */
function knownKeys(path: FieldPath): string[] {
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

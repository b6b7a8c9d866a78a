import { readFileSync } from 'node:fs';
import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import * as z from 'zod';
import { isObject } from '../../contract/documents.ts';
import { type Access, SCOPES, type Scope } from '../kernel/access/access-decision.ts';
import { ROLES } from '../kernel/caller.ts';
import { SetupError } from '../kernel/errors.ts';

/** Whether data fits a schema. */
export interface SchemaCheck {
  (data: unknown): boolean;
  /** Of the last call. */
  errors: readonly ErrorObject[];
}

/** One operation of openapi.yaml, with everything that the server checks about it. */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In the router's notation: `/v1/things/:id`. */
  readonly url: string;
  readonly access: Access;
  readonly needsIdempotencyKey: boolean;
  readonly validate: {
    readonly params: SchemaCheck;
    readonly query: SchemaCheck;
    readonly headers: SchemaCheck;
    /** Absent when the operation takes no JSON. */
    readonly body?: SchemaCheck & { readonly required: boolean };
  };
  /** Largest body in bytes, when the operation takes bytes that are no document. */
  readonly maxBytes?: number;
  /** By status: checks an answer and strips what the contract does not declare. */
  readonly responses: ReadonlyMap<number, SchemaCheck>;
}

const WITHOUT_ROLES: ReadonlySet<Scope> = new Set(['public', 'proof', 'self']);

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

const parameterSchema = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  schema: z.record(z.string(), z.unknown()),
});
const mediaSchema = z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) }));
const operationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.object({ required: z.boolean().default(false), content: mediaSchema }).optional(),
  responses: z.record(z.string(), z.object({ content: mediaSchema.optional() })),
  'x-ocpctl-access': z
    .strictObject({ roles: z.array(z.enum(ROLES)), scope: z.enum(SCOPES) })
    .refine(
      ({ roles, scope }) => (roles.length === 0) === WITHOUT_ROLES.has(scope),
      'roles are required for this scope, and only for it',
    ),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});

/**
 * Reads openapi.yaml, the single source of what the server accepts and answers, or the same document as JSON: the build converts it,
 * because to parse the YAML takes 350 ms of each start and to parse the JSON 3 ms.
 * @throws SetupError when an operation does not say who may call it
 */
export function loadContract(file: string): Operation[] {
  const text = readFileSync(file, 'utf8');
  const raw: unknown = file.endsWith('.json') ? JSON.parse(text) : parse(text);
  const document = documentSchema.parse(raw);
  const compile = compilers();
  return Object.entries(document.paths).flatMap(([path, item]) => {
    const shared = resolve(item['parameters'] ?? [], raw);
    return METHODS.filter((method) => item[method] !== undefined).map((method) => {
      const parsed = operationSchema.safeParse(resolve(item[method], raw));
      if (!parsed.success) {
        throw new SetupError(`openapi.yaml: ${method} ${path}: ${z.prettifyError(parsed.error)}`);
      }
      const operation = parsed.data;
      const parameters = [...z.array(parameterSchema).parse(shared), ...operation.parameters];
      return toOperation(method, path, operation, parameters, compile);
    });
  });
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

/** A time that JavaScript and PostgreSQL both know: leap seconds, the 30th of February and the year 0 are rejected. */
function isMoment(text: string): boolean {
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const utcYear = new Date(text).getUTCFullYear();
  return Number(day) >= 1 && Number(day) <= lastDay && utcYear >= 1970 && utcYear <= 9999;
}

type ParametersSchema = AnySchemaObject & { readonly properties: Readonly<Record<string, AnySchemaObject>> };
type Compilers = ReturnType<typeof compilers>;

function compilers() {
  const options = { allErrors: true, strict: false, allowUnionTypes: true, useDefaults: true } as const;
  const strict = new Ajv2020(options);
  const stripping = new Ajv2020({ ...options, useDefaults: false, removeAdditional: true });
  for (const ajv of [strict, stripping]) ajv.addFormat('date-time', { type: 'string', validate: isMoment });
  return { strict, stripping };
}

function toOperation(
  method: (typeof METHODS)[number],
  path: string,
  operation: z.infer<typeof operationSchema>,
  parameters: z.infer<typeof parameterSchema>[],
  { strict, stripping }: Compilers,
): Operation {
  const body = operation.requestBody?.content['application/json']?.schema;
  const bytes = operation.requestBody?.content['application/octet-stream']?.schema;
  return {
    id: operation.operationId,
    method: method.toUpperCase() as Operation['method'],
    url: path.replace(/\{(\w+)\}/g, ':$1'),
    access: operation['x-ocpctl-access'],
    ...(bytes ? { maxBytes: z.int().parse(bytes['maxLength']) } : {}),
    needsIdempotencyKey: parameters.some(({ name, required }) => name === 'idempotency-key' && required),
    validate: {
      params: checkOfTexts(strict, objectOf(parameters, 'path', false)),
      query: checkOfTexts(strict, objectOf(parameters, 'query', false)),
      headers: checkOfTexts(strict, objectOf(parameters, 'header', true)),
      ...(body
        ? {
            body: Object.assign(checkOf(strict, body), {
              required: operation.requestBody?.required ?? false,
            }),
          }
        : {}),
    },
    responses: new Map(
      Object.entries(operation.responses).flatMap(([status, { content }]) => {
        const schema = content?.['application/json']?.schema;
        return schema && status !== 'default' ? [[Number(status), checkOf(stripping, schema)] as const] : [];
      }),
    ),
  };
}

/** Compiled at its first use: compiling the whole document at start costs half a second of CPU. */
function checkOf(ajv: Ajv2020, schema: AnySchemaObject): SchemaCheck {
  let compiled: ValidateFunction | undefined;
  const check = (data: unknown): boolean => {
    compiled ??= ajv.compile(schema);
    const isValid = compiled(data);
    check.errors = compiled.errors ?? [];
    return isValid;
  };
  check.errors = [] as readonly ErrorObject[];
  return check;
}

/** Like `checkOf` for parameters, which arrive as text, lists with commas. Numbers have one spelling: `1e2` and `0x10` are rejected. */
function checkOfTexts(ajv: Ajv2020, schema: ParametersSchema): SchemaCheck {
  const checkTyped = checkOf(ajv, schema);
  const check = (data: unknown): boolean => {
    if (isObject(data))
      for (const [name, { type }] of Object.entries(schema.properties)) data[name] = typed(type, data[name]);
    const isValid = checkTyped(data);
    check.errors = checkTyped.errors;
    return isValid;
  };
  check.errors = [] as readonly ErrorObject[];
  return check;
}

function typed(type: unknown, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  if (type === 'integer' && /^-?(0|[1-9]\d{0,15})$/.test(text)) return Number(text);
  if (type === 'array') return text.split(',');
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** The schema of all parameters of one location. Unknown names are refused, except headers: every client sends some. */
function objectOf(
  parameters: readonly z.infer<typeof parameterSchema>[],
  location: 'path' | 'query' | 'header',
  additionalProperties: boolean,
): ParametersSchema {
  const here = parameters.filter(
    (parameter) => parameter.in === location && parameter.name !== 'idempotency-key',
  );
  return {
    type: 'object',
    additionalProperties,
    required: here.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(here.map(({ name, schema }) => [name, schema])),
  };
}

/** Replaces every `$ref` by what it names; our document has no cycles. */
function resolve(node: unknown, document: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => resolve(item, document));
  if (typeof node !== 'object' || node === null) return node;
  if ('$ref' in node && typeof node.$ref === 'string') return resolve(lookUp(node.$ref, document), document);
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, resolve(value, document)]));
}

function lookUp(reference: string, document: unknown): unknown {
  let node = document;
  for (const part of reference.replace(/^#\//, '').split('/')) {
    node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[part] : undefined;
  }
  if (node === undefined) throw new SetupError(`openapi.yaml: ${reference} names nothing`);
  return node;
}

// schemas/output: a JSON Schema of the JSON of each command, from openapi.yaml, own-documents.ts and command-outputs.ts.
import { parse } from 'yaml';
import * as z from 'zod';
import { OUTPUTS, type Output } from './command-outputs.ts';
import { OWN_DOCUMENTS, type Schema } from './own-documents.ts';

const schemaObject = z.record(z.string(), z.unknown());
const operation = z.looseObject({
  operationId: z.string(),
  responses: z.record(
    z.string(),
    z.looseObject({ content: z.record(z.string(), z.object({ schema: schemaObject })).optional() }),
  ),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ schemas: z.record(z.string(), schemaObject) }),
});

/** Documents of the API with fields of the command line. */
function extended(api: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const withFields = (
    base: string,
    added: Readonly<Record<string, Schema>>,
    required = Object.keys(added),
  ): Schema => {
    const { properties, required: own, ...rest } = api[base] ?? {};
    const names = z.array(z.string()).catch([]).parse(own);
    return {
      ...rest,
      required: [...names, ...required],
      properties: { ...schemaObject.catch({}).parse(properties), ...added },
    };
  };
  const items = (name: string): Schema => ({ type: 'array', items: referenceTo(name) });
  const { required, ...entry } = api['JobEvent'] ?? {};
  return {
    ClusterDetails: withFields(
      'Cluster',
      { transitions: items('Transition'), events: items('ClusterEvent'), residue: referenceTo('Residue') },
      [],
    ),
    ExistingCluster: withFields('ClusterAccepted', {
      alreadyExists: { const: true },
      differences: { type: 'array', items: { type: 'object' } },
    }),
    ExtendedCluster: {
      type: 'object',
      required: ['cluster', 'previousDestroyAt'],
      properties: {
        cluster: referenceTo('Cluster'),
        previousDestroyAt: { type: 'string', format: 'date-time' },
      },
    },
    // Lines of the debug output have no number.
    LogEntry: {
      ...entry,
      required: z
        .array(z.string())
        .catch([])
        .parse(required)
        .filter((name) => name !== 'seq'),
    },
  };
}

const referenceTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/**
 * @param openapi text of openapi.yaml
 * @param isStrict whether fields that are not declared are refused: for tests; readers have to accept fields that are added
 * @returns file names with their schemas
 */
export function outputSchemas(openapi: string, isStrict = false): Record<string, Schema> {
  const { paths, components } = documentSchema.parse(parse(openapi));
  const known = { ...components.schemas, ...OWN_DOCUMENTS, ...extended(components.schemas) };
  return Object.fromEntries(
    Object.entries(OUTPUTS).map(([command, output]) => {
      const root = schemaOf(output, paths);
      const used = new Map<string, Schema>();
      collect(root, known, used);
      const schema = { ...root, ...(used.size > 0 && { $defs: Object.fromEntries([...used].sort()) }) };
      const whole = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: `ocpctl ${command} --json`,
        ...(command === 'logs' && { description: 'Each line of the output.' }),
        ...rewritten(schema, isStrict),
      };
      return [`${command.replaceAll(' ', '-')}.schema.json`, whole];
    }),
  );
}

function schemaOf(
  output: Output,
  paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Schema {
  if (typeof output === 'string') return referenceTo(output);
  if ('oneOf' in output) return { anyOf: output.oneOf.map((one) => schemaOf(one, paths)) };
  if ('answer' in output) return answerOf(output.answer, paths);
  return {
    type: 'object',
    required: ['items', 'nextCursor'],
    additionalProperties: false,
    properties: {
      items: { type: 'array', items: referenceTo(output.list) },
      nextCursor: { description: 'null: all items are there', type: ['string', 'null'] },
    },
  };
}

function answerOf(id: string, paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Schema {
  for (const item of Object.values(paths))
    for (const candidate of Object.values(item)) {
      const parsed = operation.safeParse(candidate);
      if (!parsed.success || parsed.data.operationId !== id) continue;
      const [found] = ['200', '201', '202'].flatMap((status) => {
        const schema = parsed.data.responses[status]?.content?.['application/json']?.schema;
        return schema === undefined ? [] : [schema];
      });
      if (found !== undefined) return found;
    }
  throw new Error(`openapi.yaml has no answer of ${id}`);
}

const REFERENCE = '#/components/schemas/';

/** Finds every document that a schema refers to. */
function collect(node: unknown, known: Readonly<Record<string, Schema>>, used: Map<string, Schema>): void {
  if (Array.isArray(node)) for (const item of node) collect(item, known, used);
  if (typeof node !== 'object' || node === null) return;
  for (const [key, value] of Object.entries(node)) {
    if (key !== '$ref' || typeof value !== 'string') {
      collect(value, known, used);
      continue;
    }
    const name = value.slice(REFERENCE.length);
    const schema = known[name];
    if (schema === undefined) throw new Error(`${value} names nothing`);
    if (used.has(name)) continue;
    used.set(name, schema);
    collect(schema, known, used);
  }
}

function rewritten(schema: Schema, isStrict: boolean): Schema {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === '$ref') return String(value).replace(REFERENCE, '#/$defs/');
    return key === 'additionalProperties' && value === false && !isStrict ? undefined : value;
  });
}

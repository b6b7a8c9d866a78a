// schemas/cluster-file.schema.json, from the request of the API, for editors.
import { parse } from 'yaml';
import * as z from 'zod';

const schemaObject = z.record(z.string(), z.unknown());
const documentSchema = z.object({ components: z.object({ schemas: z.record(z.string(), schemaObject) }) });
const requestSchema = z.looseObject({ properties: z.record(z.string(), schemaObject) });

/** @param openapi text of openapi.yaml */
export function clusterFileJsonSchema(openapi: string): Record<string, unknown> {
  const { schemas } = documentSchema.parse(parse(openapi)).components;
  const { properties } = requestSchema.parse(schemas['ClusterRequest']);
  const inlined = Object.entries(properties).map(([name, { $ref, ...own }]) => {
    const referred = typeof $ref === 'string' ? schemas[$ref.replace('#/components/schemas/', '')] : {};
    return [name, { ...referred, ...own }] as const;
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'ocpctl cluster file',
    description: 'What ocpctl create -f reads. Flags override its fields.',
    type: 'object',
    properties: Object.fromEntries(inlined),
    // Flags can give all of them.
    additionalProperties: false,
  };
}

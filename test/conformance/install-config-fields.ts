import { parse } from 'yaml';

/**
 * Makes `src/control-plane/clusters/install-config/fields.gen.ts` from the installer's CustomResourceDefinition of
 * InstallConfig: names and types only. `install-config.test.ts` compares the two; `vitest -u` on it writes the file.
 */

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

interface Definition {
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Schema } }[] };
}

const HEADER = `// Generated from the InstallConfig CustomResourceDefinition of openshift-install 4.20: names and types of all fields.
// To renew: put the definition at ../shared/data/install-config/crd-4.20.yaml and run
// \`npx vitest run test/conformance/install-config.test.ts -u\`.

/** A type by name, \`[item]\`, \`{ '*': value }\` for a map with free keys, or the fields of an object. */
export type FieldType = 'string' | 'integer' | 'boolean' | 'any' | readonly [FieldType] | FieldTable;
export interface FieldTable {
  readonly [name: string]: FieldType;
}
`;

const SHORTEST_CONSTANT = 300;

/** @returns the text of the generated module. */
export function fieldsModule(crdText: string): string {
  const definition = parse(crdText) as Definition;
  const root = definition.spec.versions[0]?.schema.openAPIV3Schema;
  if (root === undefined) throw new Error('the definition holds no schema');
  const constants = repeatedObjects(root);
  const lines = [...constants].map(
    ([text, name]) => `const ${name}: FieldTable = ${shorten(text, constants, name)};`,
  );
  const fields = `export const FIELDS: FieldTable = ${shorten(printType(root), constants)};`;
  return `${[HEADER, ...lines, fields].join('\n')}\n`;
}

/** Machine pools occur several times over: an object that does is printed once, under the name of its key. */
function repeatedObjects(root: Schema): Map<string, string> {
  const seen = new Map<string, { count: number; key: string }>();
  visitObjects(root, 'root', (text, key) => seen.set(text, { count: (seen.get(text)?.count ?? 0) + 1, key }));
  const names = new Map<string, string>();
  const shortestFirst = [...seen].sort(([a], [b]) => a.length - b.length);
  for (const [text, { count, key }] of shortestFirst) {
    if (count > 1 && text.length >= SHORTEST_CONSTANT)
      names.set(text, `${key.toUpperCase()}_${names.size + 1}`);
  }
  return names;
}

/** @returns the text with every constant's text replaced by its name, the longest first. */
function shorten(text: string, constants: ReadonlyMap<string, string>, self?: string): string {
  return [...constants]
    .reverse()
    .filter(([, name]) => name !== self)
    .reduce((result, [long, name]) => result.replaceAll(long, name), text);
}

function visitObjects(schema: Schema, key: string, visit: (text: string, key: string) => void): void {
  if (schema.properties !== undefined) visit(printType(schema), key);
  if (schema.items !== undefined) visitObjects(schema.items, key, visit);
  for (const [name, child] of Object.entries(schema.properties ?? {})) visitObjects(child, name, visit);
}

function printType(schema: Schema): string {
  if (schema.items !== undefined) return `[${printType(schema.items)}]`;
  if (schema.additionalProperties !== undefined) return `{ '*': ${printType(schema.additionalProperties)} }`;
  if (schema.properties !== undefined) {
    const fields = Object.entries(schema.properties).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{ ${fields.map(([name, child]) => `${name}: ${printType(child)}`).join(', ')} }`;
  }
  return schema.type === undefined || schema.type === 'object' ? "'any'" : `'${schema.type}'`;
}

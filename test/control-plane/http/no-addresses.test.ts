import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CONTRACT_FILE } from './kit/server.ts';

/** Every input of the contract, as `operation: name`, with its schema. */
function inputs(document: unknown, node: unknown = document, path: string[] = []): [string, object][] {
  if (typeof node !== 'object' || node === null) return [];
  const at = path.join('/');
  const isSchemaOfInput =
    /(requestBody|parameters)/.test(at) || at.startsWith('components/schemas/ClusterRequest');
  const own = 'properties' in node && isSchemaOfInput ? Object.entries(node.properties as object) : [];
  const parameter =
    'in' in node && 'name' in node && 'schema' in node ? [[String(node.name), node.schema as object]] : [];
  return [
    ...own.map(([name, schema]) => [`${at}: ${name}`, schema as object] as [string, object]),
    ...parameter.map(([name, schema]) => [`${at}: ${String(name)}`, schema as object] as [string, object]),
    ...Object.entries(node).flatMap(([key, inner]) => inputs(document, inner, [...path, key])),
  ];
}

test('S35: no operation takes an address that the server would then call', () => {
  const found = inputs(parse(readFileSync(CONTRACT_FILE, 'utf8')));
  expect(found.length).toBeGreaterThan(40);
  const addresses = found.filter(
    ([name, schema]) =>
      /: .*(url|uri|host|endpoint|webhook|callback|mirror|proxy)/i.test(name) ||
      ('format' in schema && ['uri', 'url', 'hostname', 'ipv4', 'ipv6'].includes(String(schema.format))),
  );
  expect(addresses.map(([name]) => name)).toEqual([]);
});

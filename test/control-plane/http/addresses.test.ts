import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { parseProblem } from './kit/requests.ts';
import { CONTRACT_FILE, type TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

type Json = Readonly<Record<string, unknown>>;

/** Every schema under `node`, with where it is; references are followed once each. */
function schemasUnder(
  node: unknown,
  document: Json,
  path: string,
  seen = new Set<string>(),
): [string, Json][] {
  if (typeof node !== 'object' || node === null) return [];
  const { $ref: reference } = node as Json;
  if (typeof reference === 'string') {
    if (seen.has(reference)) return [];
    seen.add(reference);
    const target = reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, part) => (at as Json)[part], document);
    return schemasUnder(target, document, path, seen);
  }
  const own: [string, Json][] = 'type' in node ? [[path, node as Json]] : [];
  return [
    ...own,
    ...Object.entries(node).flatMap(([key, child]) => schemasUnder(child, document, `${path}.${key}`, seen)),
  ];
}

async function contract(): Promise<{ document: Json; operations: [string, Json][] }> {
  const document: Json = parse(await readFile(CONTRACT_FILE, 'utf8'));
  const paths = document['paths'] as Record<string, Record<string, Json>>;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Json] => [`${method} ${path}`, operation]),
  );
  return { document, operations };
}

/** Where events are sent to, by admins only. The address is checked when it is added and when it is connected to: deliver.test.ts. */
const CHECKED = 'post /v1/admin/notifications.1.content.application/json.schema.properties.url';

test('S35: no field of a request but one, which is checked, is an address that the server could be sent to', async () => {
  const { document, operations } = await contract();
  const fields = operations.flatMap(([name, operation]) =>
    schemasUnder([operation['parameters'], operation['requestBody']], document, name),
  );
  expect(fields.length).toBeGreaterThan(20);
  const address = /\.(?:\w*(?:url|uri|endpoint|webhook|callback|proxy|mirror|hostname)\w*)$/i;
  const suspicious = fields.filter(
    ([path, schema]) => address.test(path) || /^(?:uri|iri|hostname|ipv)/.test(String(schema['format'])),
  );
  expect(suspicious.map(([path]) => path)).toEqual([CHECKED]);
});

test.each([
  { region: '169.254.169.254' },
  { region: 'us-east-2.evil.example/?' },
  { baseDomain: '169.254.169.254' },
  { baseDomain: 'metadata.google.internal' },
  { version: 'http://169.254.169.254/latest/meta-data' },
  { profile: '../../etc/passwd' },
])('S35: %j is refused by the list of what is allowed', async (wish) => {
  const answer = await postCluster(server, ann, { name: newName(), ...wish });
  const { status, errors } = parseProblem(answer);
  expect(status).toBe(422);
  expect(errors[0]?.allowed?.length ?? 0).toBeGreaterThan(0);
});

test('S27: every text, list and number of the contract has a bound', async () => {
  const { document, operations } = await contract();
  const unbounded = schemasUnder(operations, document, 'paths').filter(([, schema]) => {
    const types = [schema['type']].flat();
    if (types.includes('string') && schema['enum'] === undefined && schema['const'] === undefined)
      return schema['maxLength'] === undefined;
    if (types.includes('array')) return schema['maxItems'] === undefined;
    return types.includes('integer') && (schema['maximum'] === undefined || schema['minimum'] === undefined);
  });
  expect(unbounded.map(([path]) => path)).toEqual([]);
});

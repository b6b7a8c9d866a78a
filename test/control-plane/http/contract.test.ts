import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Document, parse, parseDocument } from 'yaml';
import { loadContract } from '../../../src/control-plane/http/contract.ts';
import { createHttpServer } from '../../../src/control-plane/http/server.ts';
import { type Handlers, query } from '../../../src/control-plane/kernel/api/handler.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, parseProblem } from './kit/requests.ts';
import { CONTRACT_FILE, type TestServer } from './kit/server.ts';

const CLUSTERS = ['paths', '/v1/clusters', 'get', 'x-ocpctl-access'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocpctl-contract-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function contractWith(change: (document: Document) => unknown) {
  const document = parseDocument(await readFile(CONTRACT_FILE, 'utf8'));
  change(document);
  const file = join(folder, 'openapi.yaml');
  await writeFile(file, document.toString());
  return () => loadContract(file);
}

describe('S31: the server does not start with an operation that', () => {
  test.each<[string, (document: Document) => unknown]>([
    ['does not say who may call it', (d) => d.deleteIn(CLUSTERS)],
    ['names a role that does not exist', (d) => d.addIn([...CLUSTERS, 'roles'], 'root')],
    ['has no role and is not public', (d) => d.setIn([...CLUSTERS, 'roles'], [])],
    ['is public and has roles', (d) => d.setIn([...CLUSTERS, 'scope'], 'public')],
    ['has an access key that no one reads', (d) => d.setIn([...CLUSTERS, 'also'], ['me'])],
  ])('%s', async (_name, change) => {
    expect(await contractWith(change)).toThrow(/openapi.yaml: get \/v1\/clusters/);
  });

  const bindAll = async (change: (document: Document) => unknown, handlers = handlersOf()) => {
    const contract = (await contractWith(change))();
    return () =>
      createHttpServer({ contract, handlers } as unknown as Parameters<typeof createHttpServer>[0]);
  };

  test('is public, but for the health checks', async () => {
    const open = await bindAll((d) =>
      d.setIn(['paths', '/v1/whoami', 'get', 'x-ocpctl-access'], { roles: [], scope: 'public' }),
    );
    expect(open).toThrow(/whoami must not be public/);
  });
  test('has no handler', async () => {
    const { getJob: _getJob, ...others } = handlersOf();
    expect(await bindAll(() => {}, others as Handlers)).toThrow(/getJob has no handler/);
  });
  test('changes something without an idempotency key', async () => {
    const careless = await bindAll((d) =>
      d.setIn(['paths', '/v1/clusters/{id}/destroy', 'post', 'parameters'], []),
    );
    expect(careless).toThrow(/destroyCluster is a command/);
  });
});

/** Every operation with a handler of the right kind that is never called. */
function handlersOf(): Handlers {
  const kinds = loadContract(CONTRACT_FILE).map(({ id, method, needsIdempotencyKey }) => [
    id,
    { kind: needsIdempotencyKey ? 'command' : method === 'GET' ? 'query' : 'secretAccess' },
  ]);
  return Object.fromEntries(kinds);
}

test('every schema of the document compiles, also of operations that are never called', () => {
  for (const { validate, responses } of loadContract(CONTRACT_FILE)) {
    for (const check of [...Object.values(validate), ...responses.values()])
      expect(check({})).toBeTypeOf('boolean');
  }
});

describe('on a server', () => {
  let installation: TestInstallation;
  let server: TestServer;
  let ann: Person;
  const answers = { fitting: true };

  beforeAll(async () => {
    installation = await createTestInstallation();
    server = await installation.server({
      handlers: {
        whoami: query<'whoami'>(async ({ caller }) => ({
          principal: caller.principal,
          name: 'ann',
          authMode: answers.fitting ? 'local' : 'magic',
          grants: [{ role: 'requester', team: 'a', grantedBy: 'undeclared' }],
          server: { version: '1', mode: 'sandbox', databaseUrl: 'postgres://undeclared' },
          secret: 'undeclared',
        })),
      },
    });
    ann = await installation.person('ann', 'requester@a');
  });
  afterAll(() => installation.stop());

  test('S24: G15: what the contract does not declare never leaves', async () => {
    const answer = await call(server, ann, { target: '/v1/whoami' });
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('undeclared');
    expect(JSON.parse(answer.text).server).toEqual({ version: '1', mode: 'sandbox' });
  });

  test('S24: an answer that contradicts the contract is an error of ours', async () => {
    answers.fitting = false;
    const answer = await call(server, ann, { target: '/v1/whoami' });
    expect(parseProblem(answer)).toMatchObject({ status: 500, code: 'INTERNAL' });
  });

  test('S40: routes are the operations, both ways', async () => {
    const routes: string[] = [];
    const { app } = await installation.server();
    await app.ready();
    const operations = server.contract.map(({ method, url }) => `${method} ${url}`);
    for (const line of operations) {
      const [method = '', url = ''] = line.split(' ');
      if (app.hasRoute({ method: method as RouteOptions['method'] & string, url })) routes.push(line);
    }
    expect(routes).toEqual(operations);
    const printed = app.printRoutes({ commonPrefix: false });
    const methods = [...printed.matchAll(/\(([A-Z, ]+)\)/g)].flatMap(([, list = '']) => list.split(', '));
    expect(methods).toHaveLength(operations.length);
  });

  test('S40: every operation of the document is bound under its own name', async () => {
    const document: { paths: Record<string, Record<string, { operationId?: string }>> } = parse(
      await readFile(CONTRACT_FILE, 'utf8'),
    );
    const named = Object.values(document.paths).flatMap((item) =>
      ['get', 'put', 'post', 'patch', 'delete', 'head', 'options', 'trace'].flatMap(
        (method) => item[method]?.operationId ?? [],
      ),
    );
    expect(named.sort()).toEqual(server.contract.map(({ id }) => id).sort());
    expect(new Set(named).size).toBe(named.length);
  });
});

test('starting prints no warning of the framework', async () => {
  const warnings: string[] = [];
  const hear = ({ message }: Error) => void warnings.push(message);
  process.on('warning', hear);
  const contract = loadContract(CONTRACT_FILE);
  const app = createHttpServer({ contract, handlers: handlersOf() } as unknown as Parameters<
    typeof createHttpServer
  >[0]);
  await app.ready();
  await app.close();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});

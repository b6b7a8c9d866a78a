import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { startStubServer } from './support/stub-server.ts';

describe('api', () => {
  it('sends the query of the path and of fields, and prints the response in every format', async () => {
    const items = [{ id: 'clu_1', note: 'a\u001b[2Jb' }];
    await using server = await startStubServer({ 'GET /v1/clusters': () => ({ body: { items } }) });
    const run = (...argv: string[]) =>
      runCli(
        ['api', 'get', 'v1/clusters?status=READY', '-f', 'name=a b', '-F', 'limit=2', ...argv],
        server.env,
      );
    const { code, stdout, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ items });
    expect(stdout).not.toContain('\u001b');
    expect(Object.fromEntries(server.received[0]?.query ?? [])).toEqual({
      status: 'READY',
      name: 'a b',
      limit: '2',
    });
    expect(server.received[0]?.headers['authorization']).toContain('AWS4-HMAC-SHA256');
    expect((await run('-o', 'value=items.0.id')).stdout).toBe('clu_1\n');
    expect((await run('-o', 'yaml')).stdout).toContain('- id: clu_1');
  });

  it('a path alone is a GET; --paginate gets all pages as one document', async () => {
    const pages = [
      { items: [1, 2], nextCursor: 'a', total: 5 },
      { items: [3], nextCursor: 'b', total: 5 },
      { items: [4], nextCursor: null, total: 5 },
    ];
    await using server = await startStubServer({
      'GET /v1/x': ({ query }) => ({ body: pages[['', 'a', 'b'].indexOf(query.get('cursor') ?? '')] }),
      'GET /v1/one': () => ({ body: { id: 1 } }),
    });
    const one = await runCli(['api', '/v1/x', '-f', 'limit=2'], server.env);
    expect(JSON.parse(one.stdout)).toEqual(pages[0]);
    const all = await runCli(['api', '/v1/x?limit=2', '--paginate'], server.env);
    expect(JSON.parse(all.stdout)).toEqual({ items: [1, 2, 3, 4], nextCursor: null, total: 5 });
    expect(server.received.map(({ query }) => query.toString())).toEqual([
      'limit=2',
      'limit=2',
      'limit=2&cursor=a',
      'limit=2&cursor=b',
    ]);
    const single = await runCli(['api', 'v1/one', '--paginate', '-o', 'value=id'], server.env);
    expect(single.stdout).toBe('1\n');
  });

  it('an answer that is not JSON cannot move the cursor', async () => {
    const text = 'one\n\u001b]0;title\u0007two\u001b[2J\n';
    await using server = await startStubServer({
      'GET /v1/x': () => ({ stream: (response) => response.end(text) }),
    });
    const { code, stdout } = await runCli(['api', 'GET', '/v1/x'], server.env);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'one\n\\u001b]0;title\\u0007two\\u001b[2J\n' });
  });

  it('sends fields as the JSON body of a change, with an idempotency key', async () => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => ({ status: 202, body: {} }) });
    const fields = [
      '-f',
      'name=007',
      '-F',
      'workers=3',
      '-F',
      'offhours=true',
      '-F',
      'team=web',
      '-f',
      'tags.a=x',
      '-f',
      'tags.__proto__=y',
    ];
    const { code, stderr } = await runCli(['api', 'POST', '/v1/clusters', ...fields], server.env);
    expect(code, stderr).toBe(0);
    const [received] = server.received;
    expect(JSON.stringify(received?.body)).toBe(
      '{"name":"007","tags":{"a":"x","__proto__":"y"},"workers":3,"offhours":true,"team":"web"}',
    );
    expect(received?.headers['idempotency-key']).toMatch(/^[\w-]{22}$/);
  });

  it('sends a file or stdin, if it is JSON', async () => {
    await using server = await startStubServer({ 'PUT /v1/x': () => ({ body: null }) });
    const file = join(temporaryFolder(), 'body.json');
    writeFileSync(file, '{ "a": [1] }');
    expect((await runCli(['api', 'PUT', '/v1/x', '--input', file], server.env)).code).toBe(0);
    expect((await runCli(['api', 'PUT', '/v1/x', '--input', '-'], server.env, '{"b":2}')).code).toBe(0);
    expect(server.received.map(({ body }) => body)).toEqual([{ a: [1] }, { b: 2 }]);
    const refused = await runCli(['api', 'PUT', '/v1/x', '--input', '-'], server.env, '{');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('stdin is not JSON') });
  });

  it.each([
    [[], 'missing argument: PATH'],
    [['GET'], 'missing argument: PATH'],
    [['POST', '/v1/x', '--paginate'], '--paginate requires a GET'],
    [['TRACE', '/v1/x'], 'invalid method "TRACE"'],
    [['POST', '/v1/x', '-f', 'name'], 'use KEY=VALUE'],
    [['POST', '/v1/x', '-f', '=a'], 'use KEY=VALUE'],
    [['POST', '/v1/x', '-f', 'a=1', '-f', 'a=2'], 'a is given twice'],
    [['POST', '/v1/x', '-f', 'a=1', '-f', 'a.b=2'], 'a has a value of its own already'],
    [['GET', '/v1/x', '--input', '-'], 'a GET has no body'],
    [['GET', '/v1/x?a=1&b=2&a=3'], 'parameter a is given twice'],
    [['POST', '/v1/x?a=1&%61=2'], 'parameter a is given twice'],
    [['GET', '/v1/x?a=1', '-f', 'a=2'], 'parameter a is given twice'],
    [['GET', '/v1/x y'], 'invalid path "/v1/x y"'],
    [['POST', '/v1/x\ny'], 'invalid path "/v1/x y"'],
    [['GET', '/v1/\u00e4'], 'use %20 for a space'],
    [['POST', '/v1/x', '--idempotency-key', '0123456789\n0123456789'], 'invalid --idempotency-key'],
  ])('%j is a usage error', async (argv, message) => {
    await using server = await startStubServer({});
    const { code, stderr } = await runCli(['api', ...argv], server.env);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(server.received).toEqual([]);
  });

  it('an error of the API is one of the command', async () => {
    await using server = await startStubServer({});
    expect(await runCli(['api', 'GET', '/v1/nothing'], server.env)).toMatchObject({ code: 3, stdout: '' });
  });
});

import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { siteListener } from '../../../../../src/control-plane/apps/builder/static-site/site-listener.ts';

describe('a site of static files', () => {
  let folder: string;
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-static-'));
    write('secret.txt', 'outside');
    write('site/index.html', 'home');
    write('site/style.css', 'body {}');
    write('site/docs/index.html', 'docs');
    write('site/about.html', 'about');
    write('site/.env', 'SECRET=1');
    write('site/.git/HEAD', 'ref');
    write('site/with space.txt', 'space');
    write('page/index.html', 'page');
    write('page/404.html', 'nothing here');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The path goes out as it is: `fetch` would resolve `..` itself. */
  const ask = async (
    path: string,
    { directory = 'site', isSinglePage = false, method = 'GET', headers = {} } = {},
  ) => {
    const server = createServer(siteListener({ directory: join(folder, directory), isSinglePage })).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      const sent = request({ host: '127.0.0.1', port, path, method, headers }).end();
      const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      return { status: answer.statusCode, body: await text(answer), headers: answer.headers };
    } finally {
      server.close();
    }
  };

  test.each([
    ['/', 'home', 'text/html;charset=utf-8'],
    ['/style.css?v=1', 'body {}', 'text/css'],
    ['/docs/', 'docs', 'text/html;charset=utf-8'],
    ['/docs', 'docs', 'text/html;charset=utf-8'],
    ['/about', 'about', 'text/html;charset=utf-8'],
    ['/with%20space.txt', 'space', 'text/plain'],
  ])('%s', async (path, body, type) => {
    expect(await ask(path)).toMatchObject({
      status: 200,
      body,
      headers: {
        'content-type': type,
        'x-content-type-options': 'nosniff',
        'cache-control': 'public,max-age=0,must-revalidate',
      },
    });
  });

  test.each([
    '/.env',
    '/.git/HEAD',
    '/../secret.txt',
    '/docs/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/docs/%2e%2e%2f%2e%2e%2fsecret.txt',
    '//etc/passwd',
    '/\\..\\secret.txt',
    '/%00',
    '/%',
  ])('%s is not there', async (path) => {
    const { status, body } = await ask(path);
    expect([path, status, body]).toEqual([path, 404, '404 Not Found\n']);
  });

  test('what a browser has already is not sent again', async () => {
    const { headers } = await ask('/style.css');
    const etag = headers.etag ?? '';
    expect(etag).not.toBe('');
    expect(await ask('/style.css', { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 304,
      body: '',
    });
  });

  test('a page of its own says that there is nothing', async () => {
    expect(await ask('/x', { directory: 'page' })).toMatchObject({
      status: 404,
      body: 'nothing here',
      headers: { 'content-type': 'text/html; charset=utf-8' },
    });
    expect(await ask('/x', { directory: 'page', method: 'HEAD' })).toMatchObject({ status: 404, body: '' });
  });

  test('routes of a single page are answered with it, missing files are not', async () => {
    const single = { isSinglePage: true };
    expect(await ask('/a/route', single)).toMatchObject({ status: 200, body: 'home' });
    expect(await ask('/assets/missing.js', single)).toMatchObject({ status: 404 });
    expect(await ask('/.env', single)).toMatchObject({ body: expect.not.stringContaining('SECRET') });
  });

  test('only reading is answered', async () => {
    expect(await ask('/', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '4' },
    });
  });
});

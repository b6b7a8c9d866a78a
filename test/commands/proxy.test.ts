import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { issueCertificate } from '../control-plane/http/kit/certificates.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';

// No name server knows it: only through the proxy can it be reached.
const HOST = 'ocpctl.invalid';
const SERVER = `https://${HOST}:8443`;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A server with a certificate of a private authority, and a proxy that leads to it. @param status of the proxy's answer */
async function startProxy(status = 200) {
  const certificate = issueCertificate(HOST, { names: [HOST] });
  const api = createHttpsServer({ cert: certificate.cert, key: certificate.key }, (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items: [], nextCursor: null }));
  });
  const apiPort = await listen(api);
  const asked: { readonly target: string | undefined; readonly authorization: string | undefined }[] = [];
  const proxy = createHttpServer();
  proxy.on('connect', (request, client) => {
    asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] });
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} Proxy Authentication Required\r\n\r\n`);
      return;
    }
    const upstream = connect(apiPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  const port = await listen(proxy);
  const caFile = join(temporaryFolder(), 'ca.pem');
  writeFileSync(caFile, certificate.cert);
  const run = (env: NodeJS.ProcessEnv, command = 'list') =>
    runCli([command, '-o', 'json'], {
      OCPCTL_SERVER: SERVER,
      OCPCTL_CA_FILE: caFile,
      OCPCTL_ACCESS_KEY_ID: 'OCPKTEST',
      OCPCTL_SECRET_ACCESS_KEY: 'secret',
      ...env,
    });
  return { port, asked, run };
}

const errorOf = (stderr: string) => JSON.parse(stderr).error;

describe('a proxy', () => {
  it.each([
    ['HTTPS_PROXY', 'http://ada:s%40crt@127.0.0.1'],
    ['https_proxy', 'http://ada:s%40crt@127.0.0.1'],
    ['ALL_PROXY', 'http://ada:s%40crt@127.0.0.1'],
    ['HTTPS_PROXY', 'ada:s%40crt@127.0.0.1'],
  ])('%s=%s leads to the server, whose certificate is checked as without', async (variable, address) => {
    const { port, asked, run } = await startProxy();
    const { code, stdout, stderr } = await run({ [variable]: `${address}:${port}` });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ items: [], nextCursor: null });
    expect(asked).toEqual([
      { target: `${HOST}:8443`, authorization: `Basic ${Buffer.from('ada:s@crt').toString('base64')}` },
    ]);
    const untrusted = await run({ [variable]: `${address}:${port}`, OCPCTL_CA_FILE: '' });
    expect(errorOf(untrusted.stderr).hint).toContain('the certificate is not trusted');
  });

  it('is not asked for hosts in NO_PROXY', async () => {
    const { port, asked, run } = await startProxy();
    const { code, stderr } = await run({ HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: '.invalid' });
    expect(code).toBe(7);
    expect(errorOf(stderr).message).not.toContain('proxy');
    expect(asked).toEqual([]);
  });

  it.each([
    [
      407,
      (port: number) => `http://ada:pw@127.0.0.1:${port}`,
      'it answered 407 Proxy Authentication Required',
    ],
    [200, () => 'http://127.0.0.1:9', 'connection refused'],
  ])('is named in the error when it fails (%i), without its password', async (status, address, what) => {
    const { port, run } = await startProxy(status);
    const { code, stderr } = await run({ HTTPS_PROXY: address(port), OCPCTL_TIMEOUT: '3s' });
    expect(code).toBe(7);
    const { message, hint } = errorOf(stderr);
    expect(message).toContain(`cannot reach ${SERVER} through the proxy http://`);
    expect(message).toContain(what);
    expect(message).not.toContain('pw');
    expect(hint).toContain('check HTTPS_PROXY and ALL_PROXY; hosts in NO_PROXY are reached directly');
  });

  it.each([
    ['HTTPS_PROXY', 'http://[', 'of HTTPS_PROXY: not a URL'],
    ['HTTPS_PROXY', 'http://ada:pw#x@127.0.0.1:9', 'of HTTPS_PROXY: not a URL'],
    ['HTTPS_PROXY', 'http://ada:12/pw@127.0.0.1:9', 'of HTTPS_PROXY: not a URL'],
    ['ALL_PROXY', 'http://ada:pw#x@127.0.0.1:9', 'of ALL_PROXY: not a URL'],
    [
      'ALL_PROXY',
      'socks5://ada:pw@127.0.0.1:9',
      'socks5://127.0.0.1:9: only proxies with http:// or https://',
    ],
  ])(
    '%s=%s cannot be used, and nothing of a password is printed, also by doctor',
    async (name, value, what) => {
      const { run } = await startProxy();
      const { code, stderr } = await run({ [name]: value });
      expect(code).toBe(7);
      expect(errorOf(stderr).message).toContain(`cannot reach ${SERVER} through the proxy ${what}`);
      expect(errorOf(stderr).hint).toContain('check HTTPS_PROXY and ALL_PROXY');
      const doctor = await run({ [name]: value }, 'doctor');
      expect(doctor.stdout).toContain(what);
      expect(`${stderr}${doctor.stdout}${doctor.stderr}`).not.toMatch(/pw|ada|BUG|internal/);
    },
  );
});

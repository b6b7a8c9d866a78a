import { chmodSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { issueCertificate } from '../control-plane/http/kit/certificates.ts';
import { openPostgresSite } from './open-site.ts';

const authority = issueCertificate('site authority', { isAuthority: true });

function scrape(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`https://localhost:${port}/metrics`, { ca: authority.cert, family: 4 }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
}

test('S37: over TLS with an authority of its own, from the first command to the metrics', async () => {
  const { site } = await openPostgresSite();
  const put = (name: string, text: string) => {
    const path = join(site.folder, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    return path;
  };
  const { cert, key } = issueCertificate('ocpctl', { issuer: authority, names: ['localhost'] });
  const caFile = put('ca.pem', authority.cert);
  const server = await site.start({
    args: ['--tls-cert', put('server.pem', cert), '--tls-key', put('server.key', key)],
    env: { OCPCTL_METRICS_LISTEN: '127.0.0.1:0' },
  });
  expect(server.url).toMatch(/^https:\/\/localhost:\d+$/);

  const untrusting = await site.cli('whoami');
  expect(untrusting).toMatchObject({ code: 7, stdout: '' });
  expect(untrusting.stderr).toContain('--ca-file');

  const trusting = await site.command(['whoami', '--json'], { OCPCTL_CA_FILE: caFile }).finished;
  expect(JSON.parse(trusting.stdout)).toMatchObject({ principal: 'local:admin' });
  const byNode = await site.command(['whoami', '--json'], { NODE_EXTRA_CA_CERTS: caFile }).finished;
  expect(byNode.code).toBe(0);

  const keyFile = put('secret', JSON.parse(trusting.stdout).principal);
  const added = await site.cli(
    ...['context', 'add', 'work', '--server', server.url, '--ca-file', caFile],
    ...['--access-key-id', 'OCPKNOBODY', '--secret-access-key-file', keyFile],
  );
  expect(added.code).toBe(0);
  // The server is trusted, and answers that it does not know this key.
  expect((await site.cli('whoami', '--context', 'work')).code).toBe(4);

  const { port } = JSON.parse(
    server
      .log()
      .split('\n')
      .find((line) => line.includes('metrics listening')) ?? '{}',
  );
  const page = await scrape(port);
  expect(page).toContain('ocpctl_database_up 1');
  expect(page).toMatch(/^ocpctl_http_requests_total\{method="GET",route="\/v1\/whoami",status="200"\} \d+$/m);
  expect(page).not.toMatch(/admin|local:|OCPK/);
});

test('S37: a certificate that ends its own chain is trusted by the next command', async () => {
  const { site } = await openPostgresSite();
  const { cert, key } = issueCertificate('ocpctl', { names: ['127.0.0.1'], isAuthority: true });
  const [certFile, keyFile] = [join(site.folder, 'self.pem'), join(site.folder, 'self.key')];
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const server = await site.start({ args: ['--tls-cert', certFile, '--tls-key', keyFile] });
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:/);
  expect((await site.cli('whoami')).code).toBe(0);
});

test('S37: plain HTTP for others is refused, and said loudly where it is allowed', async () => {
  const { site } = await openPostgresSite();
  const refused = site.spawnServer({ listen: '0.0.0.0:0' });
  expect(await refused.exited).toBe(1);
  expect(refused.log()).toContain('--tls-cert');
  // Loopback as well, in a form that is taken for the network.
  const allowed = await site.start({ listen: '[::ffff:127.0.0.1]:0', args: ['--insecure-http'] });
  expect(allowed.log()).toMatch(/^WARNING +plain HTTP/m);
});

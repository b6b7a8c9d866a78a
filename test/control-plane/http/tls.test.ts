import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createListener,
  LISTENER_LIMITS,
  replaceCertificate,
} from '../../../src/control-plane/http/listener.ts';
import { SetupError } from '../../../src/control-plane/kernel/errors.ts';
import {
  isPrivateKeyFile,
  readTlsCertificate,
  watchTlsFiles,
} from '../../../src/control-plane/kernel/tls/tls-certificate.ts';
import { serverConfig } from '../../../src/control-plane/settings/server-config.ts';
import { type Issued, issueCertificate } from './kit/certificates.ts';

let folder: string;
const listeners: Server[] = [];
const authority = issueCertificate('test authority', { isAuthority: true });
const ours = issueCertificate('ocpctl', { issuer: authority, names: ['ocpctl.test', '127.0.0.1'] });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocpctl-tls-'));
});
afterEach(async () => {
  for (const listener of listeners.splice(0)) {
    listener.close();
    listener.closeAllConnections();
  }
  await rm(folder, { recursive: true, force: true });
});

async function filesOf({ cert, key }: { cert: string; key: string }, keyMode = 0o600) {
  const files = { certFile: join(folder, 'server.pem'), keyFile: join(folder, 'server.key') };
  await writeFile(files.certFile, cert);
  await writeFile(files.keyFile, key);
  await chmod(files.keyFile, keyMode);
  return files;
}

async function listenWith(certificate: Issued, limits = LISTENER_LIMITS): Promise<Server> {
  const listener = createListener((_request, response) => response.end('hello'), limits, certificate);
  listeners.push(listener);
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  return listener;
}

const portOf = (listener: Server) => (listener.address() as AddressInfo).port;

async function handshake(listener: Server, version: SecureVersion): Promise<TLSSocket> {
  const socket = connect({
    host: '127.0.0.1',
    port: portOf(listener),
    ca: authority.cert,
    minVersion: version,
    maxVersion: version,
    // OpenSSL's default refuses old versions on our side already: it must be the server that says no.
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  await once(socket, 'secureConnect');
  socket.destroy();
  return socket;
}

function get(listener: Server, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port: portOf(listener),
      servername: host,
      ca: authority.cert,
      agent: false,
    };
    httpsRequest(options, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    })
      .on('error', reject)
      .end();
  });
}

describe('S37: TLS', () => {
  test.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('%s is spoken', async (version) => {
    const socket = await handshake(await listenWith(ours), version);
    expect(socket.authorized).toBe(true);
  });

  test.each<SecureVersion>(['TLSv1', 'TLSv1.1'])('%s is not', async (version) => {
    await expect(handshake(await listenWith(ours), version)).rejects.toThrow(/alert|protocol version/i);
  });

  test('is spoken only: plain HTTP on that port gets no answer', async () => {
    const listener = await listenWith(ours);
    await expect(fetch(`http://127.0.0.1:${portOf(listener)}/`)).rejects.toThrow();
  });

  test('a renewed certificate is shown to new connections', async () => {
    const files = await filesOf(ours);
    const listener = await listenWith(ours);
    const renewed = issueCertificate('ocpctl', { issuer: authority, names: ['renewed.test'] });
    await expect(get(listener, 'renewed.test')).rejects.toThrow(/altnames/);
    const inUse = new Promise<void>((resolve, reject) => {
      const stop = watchTlsFiles(files, 20, () => {
        try {
          replaceCertificate(listener, readTlsCertificate(files));
        } catch (error) {
          // The key is still to come.
          return expect(error).toBeInstanceOf(SetupError);
        }
        stop();
        return resolve();
      });
      setTimeout(() => reject(new Error('no one looked')), 30_000).unref();
    });
    await filesOf(renewed);
    await inUse;
    expect(await get(listener, 'renewed.test')).toBe('hello');
  });
});

describe('S37: a server does not start', () => {
  const settings = { sandbox: true, dataDir: '/nowhere' };
  test.each([
    ['on an address of the network without TLS', { host: '0.0.0.0' }, /0\.0\.0\.0 can be reached by others/],
    ['on any IPv6 address but its own', { host: '::' }, /can be reached by others/],
    ['with metrics for the network', { metrics: { host: '10.0.0.1', port: 9090 } }, /metrics on 10\.0\.0\.1/],
    ['with a certificate and no key', { tlsCert: 'a.pem' }, /belong together/],
    ['with a key and no certificate', { tlsKey: 'a.key' }, /belong together/],
  ])('%s', (_name, given, message) => {
    expect(() => serverConfig({ ...settings, ...given }, {})).toThrow(message);
  });

  test.each([
    ['on loopback', { host: '127.0.0.1' }],
    ['on localhost', { host: 'localhost' }],
    ['on IPv6 loopback', { host: '::1' }],
    ['with TLS', { host: '0.0.0.0', tlsCert: 'a.pem', tlsKey: 'a.key' }],
    ['when told that the network is safe', { host: '0.0.0.0', insecureHttp: true }],
  ])('but does %s', (_name, given) => {
    expect(serverConfig({ ...settings, ...given }, {})).toMatchObject(given);
  });
});

describe('a certificate', () => {
  test('says for whom it is, wildcards aside', async () => {
    const wide = issueCertificate('x', { issuer: authority, names: ['*.wide.test', 'a.test', '127.0.0.1'] });
    const read = readTlsCertificate(await filesOf(wide));
    const covered = ['a.test', 'A.TEST', '127.0.0.1', 'b.wide.test', '127.0.0.2', 'x', ''];
    expect(covered.filter((host) => read.covers(host))).toEqual(['a.test', 'A.TEST', '127.0.0.1']);
    expect(read.firstName).toBe('a.test');
    expect(read.hasItsAuthority).toBe(false);
  });

  test('with its chain to the end can be given to clients', async () => {
    const chain = { cert: `${ours.cert}${authority.cert}`, key: ours.key };
    expect(readTlsCertificate(await filesOf(chain)).hasItsAuthority).toBe(true);
    expect(readTlsCertificate(await filesOf(authority)).hasItsAuthority).toBe(true);
  });

  test('with a key file that is empty, as one is that is being written', async () => {
    const files = await filesOf({ cert: ours.cert, key: '' });
    expect(() => readTlsCertificate(files)).toThrow(`${files.certFile} and ${files.keyFile}`);
  });

  test('S38: whose key others may read is refused', async () => {
    for (const mode of [0o640, 0o604, 0o620]) {
      const files = await filesOf(ours, mode);
      expect(() => readTlsCertificate(files)).toThrow(/others may read or change it/);
    }
  });

  test.each([
    { mode: 0o100440, uid: 0, ownUid: 1000, isPrivate: true },
    { mode: 0o100444, uid: 0, ownUid: 1000, isPrivate: false },
    { mode: 0o100460, uid: 0, ownUid: 1000, isPrivate: false },
    { mode: 0o100440, uid: 1000, ownUid: 1000, isPrivate: false },
    { mode: 0o100440, uid: 0, ownUid: 0, isPrivate: false },
  ])(
    'S38: only a key of root may be readable by a group, as Kubernetes mounts it: %o',
    ({ ownUid, isPrivate, ...file }) => {
      expect(isPrivateKeyFile(file, ownUid)).toBe(isPrivate);
    },
  );

  test.each([
    ['of another key', { cert: ours.cert, key: authority.key }],
    ['that is none', { cert: 'nothing', key: ours.key }],
    ['whose key is none', { cert: ours.cert, key: 'nothing' }],
  ])('%s is refused, with the names of the files and not what is in them', async (_name, pair) => {
    const files = await filesOf(pair);
    expect(() => readTlsCertificate(files)).toThrow(`${files.certFile} and ${files.keyFile}`);
  });

  test('that is not there is refused', () => {
    expect(() => readTlsCertificate({ certFile: '/no/cert', keyFile: '/no/key' })).toThrow(
      /^cannot read \/no\/cert: no such file$/,
    );
  });
});

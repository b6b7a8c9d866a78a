import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readClusterAccess } from '../../../../src/control-plane/clusters/kubernetes/cluster-access.ts';

const pem = (text: string) => Buffer.from(text).toString('base64');
const CLUSTER = {
  server: 'https://api.demo.example.com:6443',
  'certificate-authority-data': pem('AUTHORITY'),
};
const USER = { 'client-certificate-data': pem('CERTIFICATE'), 'client-key-data': pem('KEY') };

function kubeconfig(cluster: object = CLUSTER, user: object = USER): string {
  return stringify({
    clusters: [{ name: 'demo', cluster }],
    users: [{ name: 'admin', user }],
    contexts: [{ name: 'admin', context: { cluster: 'demo', user: 'admin' } }],
    'current-context': 'admin',
  });
}

test('takes server, authority and credentials of the current context', () => {
  expect(readClusterAccess(kubeconfig())).toMatchObject({
    server: 'https://api.demo.example.com:6443',
    authority: 'AUTHORITY',
    credentials: { certificate: 'CERTIFICATE', key: 'KEY' },
  });
  const proxied = kubeconfig({ ...CLUSTER, 'proxy-url': 'http://127.0.0.1:3128' }, { token: 'secret' });
  expect(readClusterAccess(proxied)).toMatchObject({
    proxyUrl: 'http://127.0.0.1:3128',
    credentials: { token: 'secret' },
  });
});

describe('G15: refuses what runs a program, reads a file of the worker or trusts any server', () => {
  test.each([
    ['exec', kubeconfig(CLUSTER, { exec: { command: 'sh' } })],
    ['exec beside a token', kubeconfig(CLUSTER, { token: 'secret', exec: { command: 'sh' } })],
    ['auth-provider', kubeconfig(CLUSTER, { 'auth-provider': { name: 'oidc' } })],
    ['tokenFile', kubeconfig(CLUSTER, { tokenFile: '/etc/passwd' })],
    ['client-key', kubeconfig(CLUSTER, { 'client-certificate': '/a', 'client-key': '/b' })],
    ['certificate-authority', kubeconfig({ ...CLUSTER, 'certificate-authority': '/etc/ca' })],
    ['insecure-skip-tls-verify', kubeconfig({ ...CLUSTER, 'insecure-skip-tls-verify': true })],
    ['http', kubeconfig({ ...CLUSTER, server: 'http://api.demo.example.com' })],
    ['a file as proxy', kubeconfig({ ...CLUSTER, 'proxy-url': 'file:///etc/passwd' })],
    ['no YAML', '{'],
  ])('%s', (_name, text) => {
    const refused = () => readClusterAccess(text);
    expect(refused).toThrow(expect.objectContaining({ code: 'KUBECONFIG_UNUSABLE' }));
    expect(refused).not.toThrow(/secret|passwd/);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueAdminCertificate } from '../../src/sandbox/assets/secrets.ts';
import { createAuthority, issueCertificate } from '../../src/sandbox/assets/x509.ts';
import { createKubeClient } from '../sandbox/kubernetes/kube-client.ts';
import type { SuiteTarget } from '../sandbox/kubernetes/suite-target.ts';
import { CRDS } from './crds.ts';
import type { KubernetesPrograms } from './programs.ts';

const START_LIMIT_MS = 60_000;

/** Starts etcd and a real kube-apiserver on loopback, with the definitions of MachineSets and Machines. */
export async function startRealServer({ etcd, apiserver }: KubernetesPrograms): Promise<SuiteTarget> {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-api-'));
  const children: ChildProcess[] = [];
  const run = (name: string, file: string, args: readonly string[]) => {
    const log = createWriteStream(join(folder, `${name}.log`));
    const child = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    children.push(child);
  };
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const authority = createAuthority('kubernetes');
  const serving = issueCertificate(authority, {
    commonName: 'kube-apiserver',
    usage: 'server',
    names: ['127.0.0.1', 'localhost'],
  });
  const accounts = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'pem',
    type: 'pkcs1',
  });
  const accountKey = write('accounts.key', accounts.toString());
  const etcdUrl = `http://127.0.0.1:${client}`;
  run('etcd', etcd, [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync',
  ]);
  run('kube-apiserver', apiserver, [
    `--etcd-servers=${etcdUrl}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${write('serving.crt', serving.certificate)}`,
    `--tls-private-key-file=${write('serving.key', serving.key)}`,
    `--client-ca-file=${write('ca.crt', authority.certificate)}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.test',
    `--service-account-key-file=${accountKey}`,
    `--service-account-signing-key-file=${accountKey}`,
    '--service-cluster-ip-range=10.96.0.0/24',
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
  ]);
  const admin = issueAdminCertificate(authority);
  const access = {
    server: `https://127.0.0.1:${port}`,
    ca: authority.certificate,
    cert: admin.certificate,
    key: admin.key,
  };
  const kube = createKubeClient(access);
  const close = async () => {
    kube.close();
    await Promise.all(
      children.reverse().map(async (child) => {
        child.kill('SIGTERM');
        if (child.exitCode === null && child.signalCode === null)
          await new Promise((resolve) => child.once('exit', resolve));
      }),
    );
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(async () => (await kube.call('/readyz')).text === 'ok');
    for (const body of CRDS)
      await kube.call('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { method: 'POST', body });
    const metadata = { name: 'openshift-machine-api' };
    await kube.call('/api/v1/namespaces', {
      method: 'POST',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata },
    });
    for (const plural of ['machinesets', 'machines'])
      await until(async () => (await kube.call(`/apis/machine.openshift.io/v1beta1/${plural}`)).code === 200);
  } catch (thrown) {
    const log = readFileSync(join(folder, 'kube-apiserver.log'), 'utf8').slice(-3000);
    await close();
    throw new Error(`kube-apiserver does not start: ${log}`, { cause: thrown });
  }
  return { name: 'kube-apiserver', access, authority, close };
}

async function until(isDone: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + START_LIMIT_MS; ; ) {
    const done = await isDone().catch(() => false);
    if (done) return;
    if (Date.now() > end) throw new Error('not ready in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}

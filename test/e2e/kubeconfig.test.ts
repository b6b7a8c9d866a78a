import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { useServer } from './open-site.ts';

const shared = useServer();

async function readyCluster(name: string): Promise<string> {
  const { client } = shared();
  const { cluster } = await createCluster(client, { name, profile: 'aws-minimal-test' });
  await untilStatus(client, cluster.id, 'READY');
  return cluster.id;
}

test('clusters are added to the kubeconfig of the user, used, and removed; a plugin gives the key only when it is asked', async () => {
  const { site, client } = shared();
  const [one, two] = [await readyCluster('one'), await readyCluster('two')];
  const file = join(site.folder, '.kube', 'config');
  const config = (): KubeConfig => {
    const read = new KubeConfig();
    read.loadFromFile(file);
    return read;
  };
  const ran = async (...argv: string[]) => {
    const finished = await site.cli(...argv);
    expect(finished.code, finished.stderr).toBe(0);
    return finished.stdout;
  };

  await ran('kubeconfig', 'use', 'one');
  await ran('kubeconfig', 'merge', 'two', '--exec', '--reason', 'on call');
  expect(config().currentContext).toBe('one');
  const { items } = await config().makeApiClient(CoreV1Api).listNode();
  expect(items.length).toBeGreaterThan(0);

  const plugged = config();
  plugged.setCurrentContext('two');
  const { exec } = plugged.getCurrentUser() ?? {};
  const credential = JSON.parse(await ran(...exec.args));
  expect(credential).toMatchObject({ kind: 'ExecCredential', apiVersion: exec.apiVersion });
  expect(credential.status.clientCertificateData).toContain('BEGIN CERTIFICATE');
  const key: string = credential.status.clientKeyData;
  expect(key).toContain('PRIVATE KEY');
  expect(readFileSync(file, 'utf8')).not.toContain(Buffer.from(key).toString('base64'));
  const events = await ran('admin', 'audit', 'list', '-o', 'json');
  expect(events.match(/"reason": "on call"/g)).toHaveLength(2);

  writeFileSync(
    join(site.folder, 'shell'),
    '#!/bin/sh\necho "$OCPCTL_CLUSTER_NAME $OCPCTL_CLUSTER_ID"; exit 5',
    {
      mode: 0o755,
    },
  );
  const shell = await site.command(['shell', 'two'], { SHELL: join(site.folder, 'shell') }).finished;
  expect(shell).toMatchObject({ code: 5, stdout: `two ${two}\n` });

  await destroyCluster(client, one);
  await untilStatus(client, one, 'DESTROYED');
  expect(JSON.parse(await ran('kubeconfig', 'remove', '--destroyed', '--json')).items).toEqual([
    { context: 'one', clusterId: one, file },
  ]);
  expect(
    config()
      .getContexts()
      .map(({ name }) => name),
  ).toEqual(['two']);
  const unknown = await site.cli('kubeconfig', 'remove', 'one');
  expect(unknown.code).toBe(3);
  expect(unknown.stderr).toContain('contexts of ocpctl: two');
});

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { addPoolMachineSets } from '../../../src/control-plane/clusters/installer/pool-machine-sets.ts';
import { apiPort, apiPortFile, listInstalledClusters } from '../../../src/sandbox/cloud/cluster-folder.ts';
import {
  type JsonObject,
  listAt,
  numberAt,
  objectAt,
  textAt,
} from '../../../src/sandbox/kubernetes/objects/kube-object.ts';
import { serveClusters } from '../../../src/sandbox/kubernetes/serve-clusters.ts';
import {
  awsConfig,
  type InstallerFixture,
  ibmConfig,
  metadataOf,
  openInstallerFixture,
  read,
} from '../installer-fixture.ts';
import { accessOf, createKubeClient, type KubeClient } from './kube-client.ts';

const SETS = '/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machinesets';
const MACHINES = '/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machines';

interface Serving {
  readonly lines: string[];
  stop(): Promise<void>;
}

/** Serves the clusters of a cloud, as the executable does. Resolves when it said its first line. */
async function serve(cloudDir: string, speed = 0): Promise<Serving> {
  const ending = new AbortController();
  const lines: string[] = [];
  let first = () => {};
  const said = new Promise<void>((resolve) => {
    first = resolve;
  });
  const ended = serveClusters({
    cloudDir,
    speed,
    signal: ending.signal,
    say(line) {
      lines.push(line);
      first();
    },
  });
  const stop = async () => {
    ending.abort();
    await ended;
  };
  onTestFinished(stop);
  await said;
  return { lines, stop };
}

async function install(
  fixture: InstallerFixture,
  config: string | undefined,
): Promise<{ dir: string; client: KubeClient }> {
  const dir = fixture.installDir('one', config);
  expect(await fixture.run(dir, 'create cluster')).toMatchObject({ code: 0 });
  const client = createKubeClient(accessOf(read(dir, 'auth/kubeconfig')));
  onTestFinished(() => client.close());
  return { dir, client };
}

function itemsOf(list: JsonObject): JsonObject[] {
  return listAt(list, 'items') as JsonObject[];
}

async function patch(client: KubeClient, path: string, body: JsonObject) {
  const headers = { 'content-type': 'application/merge-patch+json' };
  return client.call(path, { method: 'PATCH', headers, body });
}

/** Waits by a watch until the MachineSet has as many ready machines. */
async function untilReady(client: KubeClient, name: string, replicas: number): Promise<void> {
  await client.watch(`${SETS}?watch=true&fieldSelector=metadata.name%3D${name}`, (events) => {
    const status = { last: events.at(-1) };
    const ready = numberAt(status, 'last.object.status.readyReplicas') ?? 0;
    return ready === replicas && (numberAt(status, 'last.object.status.replicas') ?? 0) === replicas;
  });
}

test.each([
  ['AWS', awsConfig({ workers: 2 }), 'ec2:instance', 'us-east-2a'],
  ['IBM Cloud', ibmConfig({ workers: 2 }), 'is:instance', '1'],
])(
  '%s: scaling a MachineSet makes machines, instances with tags, and nodes; a destroy removes all of it',
  async (_cloud, config, type, zone) => {
    const fixture = openInstallerFixture();
    const { dir, client } = await install(fixture, config);
    await serve(fixture.cloudDir);
    const { infraID } = metadataOf(dir);
    const name = `${infraID}-worker-${zone}`;
    await untilReady(client, name, 1);
    expect(itemsOf((await client.call('/api/v1/nodes')).body)).toHaveLength(5);
    const workers = async () =>
      (await fixture.resources()).filter(
        (found) => found.type === type && found.name.startsWith(`${infraID}-worker`),
      );
    const before = await workers();
    expect(before).toHaveLength(2);

    expect(await patch(client, `${SETS}/${name}/scale`, { spec: { replicas: 3 } })).toMatchObject({
      code: 200,
    });
    await untilReady(client, name, 3);
    const after = await workers();
    expect(after).toHaveLength(4);
    for (const { tags } of after)
      expect(tags).toEqual({ ...before[0]?.tags, ...(tags['Name'] ? { Name: tags['Name'] } : {}) });
    const machines = itemsOf((await client.call(MACHINES)).body);
    for (const machine of machines) expect(textAt(machine, 'status.phase')).toBe('Running');
    const ids = machines.map((machine) => textAt(machine, 'status.providerStatus.instanceId'));
    for (const { id } of after) expect(ids).toContain(id);

    await patch(client, `${SETS}/${name}`, { spec: { replicas: 1 } });
    await untilReady(client, name, 1);
    await expect.poll(workers).toHaveLength(2);
    await patch(client, `${SETS}/${name}`, { spec: { replicas: 2 } });
    await untilReady(client, name, 2);
    expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
    expect(await fixture.resources()).toEqual([]);
    expect(listInstalledClusters(fixture.cloudDir)).toEqual([]);
    await expect(client.call('/readyz')).rejects.toThrow('404 No such cluster in the sandbox');
  },
);

test('R17: AWS: a further pool and an edge pool have machine sets, machines and nodes of their own', async () => {
  const fixture = openInstallerFixture();
  const config = JSON.parse(awsConfig({ workers: 1 }));
  const zones = ['us-east-2-chi-1a'];
  config.compute.push({ name: 'edge', replicas: 1, platform: { aws: { type: 'c5d.2xlarge', zones } } });
  const dir = fixture.installDir('one', JSON.stringify(config));
  expect(await fixture.run(dir, 'create manifests')).toMatchObject({ code: 0 });
  await addPoolMachineSets(dir, [
    { name: 'infra', instanceType: 'm6i.4xlarge', replicas: 1, zones: ['us-east-2b'] },
  ]);
  const { client } = await install(fixture, undefined);
  await serve(fixture.cloudDir);
  const { infraID } = metadataOf(dir);
  const infra = `${infraID}-infra-us-east-2b`;
  const edge = `${infraID}-edge-us-east-2-chi-1a`;
  await untilReady(client, infra, 1);
  await untilReady(client, edge, 1);
  const roleOf = (set: JsonObject) =>
    objectAt(set, 'spec', 'template', 'metadata', 'labels')['machine.openshift.io/cluster-api-machine-role'];
  const sets = itemsOf((await client.call(SETS)).body);
  expect(sets.map((set) => [textAt(set, 'metadata.name'), roleOf(set)])).toEqual([
    [edge, 'edge'],
    [infra, 'infra'],
    ...['a', 'b', 'c'].map((letter) => [`${infraID}-worker-us-east-2${letter}`, 'worker']),
  ]);

  await patch(client, `${SETS}/${infra}/scale`, { spec: { replicas: 2 } });
  await untilReady(client, infra, 2);
  const nodes = itemsOf((await client.call('/api/v1/nodes')).body);
  const labelled = (label: string) => nodes.filter((node) => label in objectAt(node, 'metadata', 'labels'));
  const typesOf = (label: string) =>
    labelled(label).map((node) => objectAt(node, 'metadata', 'labels')['node.kubernetes.io/instance-type']);
  expect(typesOf('node-role.kubernetes.io/infra')).toEqual(['m6i.4xlarge', 'm6i.4xlarge']);
  expect(typesOf('node-role.kubernetes.io/edge')).toEqual(['c5d.2xlarge']);
  expect(labelled('node-role.kubernetes.io/edge').map((node) => listAt(node, 'spec.taints'))).toEqual([
    [{ key: 'node-role.kubernetes.io/edge', effect: 'NoSchedule' }],
  ]);
  expect(await fixture.run(dir, 'destroy cluster')).toMatchObject({ code: 0 });
  expect(await fixture.resources()).toEqual([]);
});

test('the objects and the address of a cluster outlive the process; of two, one serves and the other follows', async () => {
  const fixture = openInstallerFixture();
  const { dir, client } = await install(fixture, awsConfig({ workers: 1 }));
  const name = `${metadataOf(dir).infraID}-worker-us-east-2b`;
  const first = await serve(fixture.cloudDir);
  await patch(client, `${SETS}/${name}`, { spec: { replicas: 1 } });
  await untilReady(client, name, 1);
  const before = (await client.call(MACHINES)).body;
  const second = await serve(fixture.cloudDir);
  expect(second.lines).toEqual([
    `another server of this sandbox serves the Kubernetes API at 127.0.0.1:${apiPort(fixture.cloudDir)}`,
  ]);
  await first.stop();
  await expect.poll(() => second.lines.at(-1)).toContain(' is up');
  const after = (await client.call(MACHINES)).body;
  expect(itemsOf(after).map((item) => textAt(item, 'metadata.uid'))).toEqual(
    itemsOf(before).map((item) => textAt(item, 'metadata.uid')),
  );
  expect(Number(textAt(after, 'metadata.resourceVersion'))).toBeGreaterThanOrEqual(
    Number(textAt(before, 'metadata.resourceVersion')),
  );
});

test('a port that another program has is named, and used as soon as it is free', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocpctl-port-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const other = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  writeFileSync(apiPortFile(folder), JSON.stringify({ port }));
  const serving = await serve(folder);
  expect(serving.lines).toEqual([
    `port ${port} of the Kubernetes API of sandbox clusters is in use by another program: kubeconfigs do not work until it is free; to use another port for new clusters, change it in ${apiPortFile(folder)} and restart`,
  ]);
  await new Promise<void>((resolve) => other.close(() => resolve()));
  await expect
    .poll(() => serving.lines.at(-1))
    .toBe(`the Kubernetes API of sandbox clusters is at 127.0.0.1:${port}`);
  expect(existsSync(join(folder, 'resources'))).toBe(false);
});

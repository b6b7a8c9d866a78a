import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSimulatedCloud } from '../../src/sandbox/cloud/simulated-cloud.ts';
import { archiveOf, type FakeMirror, publish } from '../control-plane/clusters/installer/fake-mirror.ts';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import type { SharedSite } from './open-site.ts';

/** What one run of all commands finds: files of its own, clusters of its own in each state, and what is asked for. */
export interface EveryCommandFacts {
  /** A name for what the run makes. */
  readonly run: string;
  readonly folder: string;
  readonly serverUrl: string;
  /** A READY cluster, one whose create hangs, one whose destroy left something, one that is DESTROYED. */
  readonly ready: string;
  readonly hanging: string;
  readonly failed: string;
  readonly destroyed: string;
  /** Requests for a secret that wait for an approval. */
  readonly approvals: readonly [string, string];
  /** The infraID of a confirmed orphan. */
  readonly orphan: string;
  readonly accessKey: string;
  /** A folder with the data of an embedded installation that does not run. */
  readonly embeddedData: string;
  /** Files of a profile and of a proof of a destroy. */
  readonly profile: string;
  readonly proof: string;
  /** A webhook that accepts everything. */
  readonly hook: string;
  /** Where installers are downloaded from and to. */
  readonly mirrorEnv: NodeJS.ProcessEnv;
}

const INSTALLER = '#!/bin/sh\necho "openshift-install 4.20.3"\n';

/** Settings under which all of these come about at once. */
export const EVERY_COMMAND_SETTINGS = {
  OCPCTL_NOTIFICATION_NETWORKS: '127.0.0.0/8',
  OCPCTL_NOTIFICATION_INTERVAL_MS: '200',
  OCPCTL_BREAK_GLASS: 'kubeadmin-password=approval',
  OCPCTL_ORPHAN_SCAN_INTERVAL_MS: '1000',
  OCPCTL_ORPHAN_CONFIRM_MS: '1',
  OCPCTL_ORPHAN_MIN_AGE_MS: '1',
  OCPCTL_TEAM_ACTIVE_CLUSTERS: '100',
  OCPCTL_TEAM_CONCURRENT_CREATES: '100',
};

export async function prepareEveryCommand(
  { site, client }: SharedSite,
  run: string,
  mirror: FakeMirror,
): Promise<EveryCommandFacts> {
  const folder = join(site.folder, run);
  publish(mirror, '4.20.3', await archiveOf({ 'openshift-install': INSTALLER }));
  mirror.files.set('/pub/hook', (response) => void response.writeHead(204).end());
  const serverUrl = site.servers[0]?.url ?? '';
  mkdirSync(folder);
  const named = async (kind: string) =>
    (await createCluster(client, { name: `${kind}-${run}`, profile: 'aws-minimal-test', workers: 1 }))
      .cluster;
  await site.setFaults({
    match: { clusterName: `hanging-${run}` },
    ...{ stage: 'machines', kind: 'hang' },
  });
  const hanging = await named('hanging');
  const [ready, failed, destroyed] = [await named('ready'), await named('failed'), await named('destroyed')];
  for (const { id } of [ready, failed, destroyed]) await untilStatus(client, id, 'READY');
  await untilStatus(client, hanging.id, 'CREATING');
  const resources = await site.cloud(`destroyed-${run}`);
  await destroyCluster(client, destroyed.id);
  await untilStatus(client, destroyed.id, 'DESTROYED');
  await site.setFaults({ stage: 'destroy', kind: 'leak', types: ['ec2:vpc'] });
  await destroyCluster(client, failed.id);
  await untilStatus(client, failed.id, 'DESTROY_FAILED');
  await site.setFaults();

  const orphan = resources[0]?.infraId ?? '';
  for (const resource of resources)
    await openSimulatedCloud(site.cloudDir, { caller: 'test' }).create(resource);
  await eventually('the orphan is confirmed', async () => {
    const { data } = await client.GET('/v1/admin/orphans', { params: { query: { status: 'ORPHANED' } } });
    return data.items.some(({ infraId }) => infraId === orphan);
  });

  const requester = `bob-${run}`;
  const bob = JSON.parse((await ok(site.cli('admin', 'keys', 'create', requester, '--json'))).stdout);
  await ok(site.cli('admin', 'grants', 'add', requester, '--role', 'requester', '--team', ready.team));
  const asBob = {
    OCPCTL_ACCESS_KEY_ID: bob.id,
    OCPCTL_SECRET_ACCESS_KEY: bob.secretAccessKey,
    OCPCTL_SERVER: serverUrl,
  };
  for (const reason of ['first', 'second'])
    await site.command(['outputs', ready.name, '--kubeadmin-password', '--reason', reason], asBob).finished;
  const { items } = JSON.parse((await ok(site.cli('admin', 'approvals', 'list', '--json'))).stdout);
  const own = items.filter(({ requestedBy }: { requestedBy: string }) => requestedBy === bob.principal);
  const embeddedData = join(folder, 'embedded');
  await (await site.start({ env: { DATABASE_URL: '', OCPCTL_DATA_DIR: embeddedData } })).stop();
  const proof = join(folder, 'proof.json');
  writeFileSync(proof, (await ok(site.cli('get', destroyed.id, '--proof'))).stdout);
  return {
    run,
    folder,
    serverUrl,
    ready: ready.name,
    hanging: hanging.name,
    failed: failed.name,
    destroyed: destroyed.id,
    approvals: [own[0]?.id, own[1]?.id],
    orphan,
    accessKey: bob.id,
    embeddedData,
    profile: fileURLToPath(new URL('../../profiles/aws-standard.yaml', import.meta.url)),
    proof,
    hook: `${mirror.url}/hook`,
    mirrorEnv: { OCPCTL_INSTALLER_MIRROR: mirror.url, OCPCTL_DATA_DIR: join(folder, 'host') },
  };
}

async function ok<T extends { readonly code: unknown; readonly stderr: string }>(
  done: Promise<T>,
): Promise<T> {
  const finished = await done;
  if (finished.code !== 0) throw new Error(finished.stderr);
  return finished;
}

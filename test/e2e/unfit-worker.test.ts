import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, destroyCluster, getJob, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { fillDisk } from './fill-disk.ts';
import { useServer } from './open-site.ts';
import type { ServerProcess } from './server-process.ts';

const PROFILE = 'aws-minimal-test';
const WORKER = ['--role', 'worker'];
const open = useServer({}, { args: ['--role', 'api,janitor'] });

/** Runs a server whose work folder is a file system of its own that no one else sees. */
const ownDisk = (options: string) => [
  'unshare',
  '--mount',
  'sh',
  '-c',
  `mkdir -p "$OCPCTL_DATA_DIR/work" && mount -t tmpfs -o ${options} none "$OCPCTL_DATA_DIR/work" && exec "$@"`,
  'sh',
];
const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

const notReady = (server: ServerProcess) =>
  server.log().match(/worker not ready; it claims no such jobs/g)?.length ?? 0;

afterEach(async () => {
  const [, ...workers] = open().site.servers;
  await Promise.all(workers.map((worker) => worker.stop()));
});

describe.skipIf(!canMount)('disks of their own (needs the right to mount them)', () => {
  test('V3: N8: beside a worker with a full disk and one with a read-only disk, all creates become READY in their first attempt', async () => {
    const { site, client } = open();
    const [full, readOnly] = await Promise.all([
      site.start({ args: WORKER, launcher: ownDisk('size=32m') }),
      site.start({ args: WORKER, launcher: ownDisk('ro') }),
    ]);
    await eventually(
      'both workers say that they are not ready',
      () => notReady(full) * notReady(readOnly) > 0,
    );
    const sound = await site.start({ args: WORKER });
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        createCluster(client, { name: `v3-${n}`, profile: PROFILE, team: `v3-${n}` }),
      ),
    );
    for (const { cluster, job } of made) {
      await untilStatus(client, cluster.id, 'READY');
      expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
    }
    expect(sound.log().match(/job started/g)).toHaveLength(8);
    expect(full.log()).toMatch(/not enough disk space for an install: \d+ MiB free, 200 MiB needed/);
    expect(readOnly.log()).toContain(`the work folder ${join(site.dataDir, 'work')} is read-only`);
    expect(notReady(full)).toBe(1);
    // Destroys need no 200 MiB, so the worker with the full disk does them.
    await sound.stop();
    const [first] = made;
    if (first === undefined) throw new Error('8 clusters were made');
    await destroyCluster(client, first.cluster.id);
    await untilStatus(client, first.cluster.id, 'DESTROYED');
    expect(readOnly.log()).not.toContain('job started');
  });

  test('V3: a full disk on which an install dies spends no attempt', async () => {
    const { site, client } = open();
    const worker = await site.start({ args: WORKER, launcher: ownDisk('size=300m') });
    await site.setFaults({ stage: 'manifests', kind: 'hang', times: 1 });
    const { cluster, job } = await createCluster(client, {
      name: 'v3-middle',
      profile: PROFILE,
      team: 'v3-middle',
    });
    await eventually('the installer hangs', async () =>
      (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
    );
    const ballast = join(`/proc/${worker.pid}/root`, site.dataDir, 'work', 'ballast');
    fillDisk(ballast);
    for (const { pid } of site.installers()) process.kill(pid, 'SIGKILL');
    const waiting = await eventually('the job waits for a worker that is ready', async () => {
      const seen = await getJob(client, job.id);
      return seen.waitingReason !== null && seen;
    });
    expect(waiting).toMatchObject({ status: 'RETRYING', attempt: 0 });
    expect(waiting.waitingReason).toContain('no running worker can run CREATE jobs: no');
    rmSync(ballast);
    await untilStatus(client, cluster.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  });
});

test('N8: V3: while the only worker cannot write, its jobs wait and say why; then they end in their first attempt', async () => {
  const { site, client } = open();
  const work = join(site.dataDir, 'work');
  const worker = await site.start({ args: [...WORKER, '--metrics-listen', '127.0.0.1:0'] });
  const [, port] = /"port":(\d+),"msg":"metrics listening"/.exec(worker.log()) ?? [];
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  expect(await ask('/readyz')).toBe('200 {"status":"ready","worker":{"status":"READY","reasons":[]}}\n');
  const { cluster: old } = await createCluster(client, { name: 'n8-old', profile: PROFILE, team: 'n8' });
  await untilStatus(client, old.id, 'READY');
  rmSync(work, { recursive: true });
  writeFileSync(work, 'a file in its place');
  await eventually('the worker says so', () => notReady(worker) === 1);
  const { cluster, job } = await createCluster(client, { name: 'n8-new', profile: PROFILE, team: 'n8' });
  const { job: destroy } = await destroyCluster(client, old.id);
  for (const [type, id] of [
    ['CREATE', job.id],
    ['DESTROY', destroy?.id ?? ''],
  ] as const)
    await eventually(`the ${type} says why it waits`, async () => {
      const { waitingReason } = await getJob(client, id);
      return (
        waitingReason ===
        `no running worker can run ${type} jobs: the work folder ${work} is not a directory (remove what is in its place)`
      );
    });
  expect(await ask('/readyz')).toMatch(/^503 .*"NOT_READY","reasons":\["WORK_FOLDER_UNUSABLE"\]/);
  expect(await ask('/metrics')).toContain('ocpctl_workers_not_ready{reason="WORK_FOLDER_UNUSABLE"} 1');
  const shown = await site.cli('admin', 'workers', '-o', 'wide');
  expect(shown.stdout).toMatch(
    new RegExp(`:${worker.pid} +NOT_READY +WORK_FOLDER_UNUSABLE .* is not a directory`),
  );
  expect((await site.cli('get', 'n8-new')).stdout).toMatch(
    /Waiting +no running worker can run CREATE jobs: the work folder/,
  );
  rmSync(work);
  mkdirSync(work, { mode: 0o700 });
  await untilStatus(client, cluster.id, 'READY');
  await untilStatus(client, old.id, 'DESTROYED');
  for (const id of [job.id, destroy?.id ?? ''])
    expect(await getJob(client, id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  expect(worker.log()).toContain('worker ready again');
});

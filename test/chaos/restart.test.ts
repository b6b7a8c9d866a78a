import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, getCluster, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { openSite } from '../e2e/open-site.ts';

const PROFILE = 'aws-minimal-test';
/** API, worker and database are one process here, which on a busy machine stands still for longer than those of SHORT_LEASE. */
const LEASE = { OCPCTL_LEASE_MS: '10000' };
const KILLS = Number(process.env['OCPCTL_TEST_KILLS'] ?? 4);

describe('a whole server on the embedded database, killed with SIGKILL', () => {
  test('G1, G7: during CREATING; after a restart the cluster is READY, and nothing is doubled', async () => {
    const site = openSite(LEASE);
    const first = await site.start();
    await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
    const { cluster } = await createCluster(site.client(first), { name: 'phoenix', profile: PROFILE });
    await eventually('the installer hangs', async () =>
      (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
    );
    await first.kill();
    const client = site.client(await site.start());
    const { infraId } = await untilStatus(client, cluster.id, 'READY');
    expect((await site.cloud()).every((resource) => resource.infraId === infraId)).toBe(true);
    expect(site.overlaps()).toEqual([]);
    expect(await site.cli('destroy', 'phoenix', '--yes', '--wait')).toMatchObject({ code: 0 });
    expect(await site.cloud()).toEqual([]);
    // V1: nor does the disk keep anything of the killed attempt.
    expect(await readdir(join(site.folder, 'data', 'work'))).toEqual([]);
  });

  test(`G11: ${KILLS} times under writes; every acknowledged request is there afterwards`, async () => {
    const site = openSite();
    await site.setFaults({ stage: 'start', kind: 'hang' });
    const acknowledged: string[] = [];
    let sent = 0;
    for (let round = 0; round < KILLS; round++) {
      const server = await site.start({ args: ['--concurrency', '1'] });
      const client = site.client(server);
      const write = async (team: string) => {
        for (;;) {
          const { cluster } = await createCluster(client, { name: `c${++sent}`, profile: PROFILE, team });
          acknowledged.push(cluster.id);
        }
      };
      // Each writer ends when the server does, or when its team is full.
      const writers = ['a', 'b', 'c', 'd'].map((team) => write(`team-${team}-${round}`).catch(() => {}));
      const before = acknowledged.length;
      await eventually('some writes are acknowledged', () => acknowledged.length >= before + 3);
      await server.kill();
      await Promise.all(writers);
    }
    const client = site.client(await site.start({ args: ['--concurrency', '1'] }));
    for (const id of acknowledged) expect(await getCluster(client, id)).toMatchObject({ id });
  });
});

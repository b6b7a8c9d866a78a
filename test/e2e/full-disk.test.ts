import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../src/client/api-error.ts';
import { createCluster, getCluster } from './clusters.ts';
import { fillDisk } from './fill-disk.ts';
import { openSite } from './open-site.ts';

const PROFILE = 'aws-minimal-test';
/** Runs the server on a small disk of its own that no one else sees. */
const SMALL_DISK = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o size=96m none "$OCPCTL_DATA_DIR" && exec "$@"',
  'sh',
];

const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

describe.skipIf(!canMount)('a full disk (needs the right to mount one)', () => {
  test('G11: refuses with a clear error, loses nothing that was acknowledged, and serves again when there is room', async () => {
    const site = openSite();
    const server = await site.start({ args: ['--role', 'api'], launcher: SMALL_DISK });
    const client = site.client(server);
    const acknowledged: string[] = [];
    const create = async (team: string) => {
      const { cluster } = await createCluster(client, {
        name: `c${acknowledged.length}`,
        profile: PROFILE,
        team,
      });
      acknowledged.push(cluster.id);
    };
    for (let i = 0; i < 5; i++) await create('before');

    const ballast = join(`/proc/${server.pid}/root`, site.dataDir, 'ballast');
    fillDisk(ballast);
    let refusal: unknown;
    for (let i = 0; i < 40 && refusal === undefined; i++) {
      await create(`during-${Math.floor(i / 5)}`).catch((error: unknown) => {
        refusal = error;
      });
    }
    expect(refusal).toBeInstanceOf(ApiError);
    expect(refusal).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(server.isRunning).toBe(true);
    rmSync(ballast);
    for (const id of acknowledged) expect(await getCluster(client, id)).toMatchObject({ status: 'PENDING' });
    await create('after');
  });
});

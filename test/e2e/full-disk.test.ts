import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiError } from '../../src/client/api-error.ts';
import { createCluster, getCluster } from './clusters.ts';
import { fillDisk } from './fill-disk.ts';
import { openSite } from './open-site.ts';
import { Site } from './site.ts';

const PROFILE = 'aws-minimal-test';
// The worker finds less free disk than an install needs, and claims no job: the clusters stay PENDING.
/** Runs the server on a small disk of its own that no one else sees. */
const SMALL_DISK = [
  'unshare',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o size=96m none "$OCPCTL_DATA_DIR" && exec "$@"',
  'sh',
];

/** Runs the server on a copy of its data on a disk with `FREE` left. */
const ALMOST_FULL_DISK = [
  ...SMALL_DISK.slice(0, 4),
  `mount -t tmpfs -o size=200m none /mnt && cp -a "$OCPCTL_DATA_DIR/." /mnt && mount --bind /mnt "$OCPCTL_DATA_DIR"
   cat /dev/zero >/mnt/ballast 2>/dev/null; truncate -s -"$FREE" /mnt/ballast; exec "$@"`,
  'sh',
];

const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

describe.skipIf(!canMount)('a full disk (needs the right to mount one)', () => {
  test('G11: refuses with a clear error, loses nothing that was acknowledged, and serves again when there is room', async () => {
    const site = openSite();
    const server = await site.start({ args: ['--role', 'api,worker,janitor'], launcher: SMALL_DISK });
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

describe.skipIf(!canMount)(
  'V5: a server that starts with the embedded database on a disk (needs the right to mount one)',
  () => {
    let site: Site;
    beforeAll(async () => {
      site = new Site();
      await (await site.start({ args: ['--role', 'api,worker,janitor'] })).stop();
      // The next start makes a new key.
      rmSync(join(site.folder, 'config'), { recursive: true });
    }, 60_000);
    afterAll(() => site.close());

    test.each([
      ['that is full', '0', 1, /cannot write the lock file .*no space left on device/],
      ['that is almost full', '20M', 7, /the disk of the database is full/],
    ])('%s ends before it says that it has started', async (_, free, exitCode, message) => {
      const server = site.spawnServer({
        args: ['--role', 'api,worker,janitor'],
        launcher: ALMOST_FULL_DISK,
        env: { FREE: free },
      });
      expect(await server.exited).toBe(exitCode);
      expect(server.log()).toMatch(message);
      expect(server.log()).toContain('Hint: the disk is full: free space on it');
      expect(server.log()).not.toMatch(/server started|bug|^ +at /m);
    });
  },
);

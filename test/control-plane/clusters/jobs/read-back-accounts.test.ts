import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cloud, CloudQuery } from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { readBack } from '../../../../src/control-plane/clusters/jobs/undo.ts';
import { getCluster, setCloudIdentity } from '../../../../src/control-plane/clusters/store/clusters.sql.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import { createCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type TestInstallation } from '../../http/kit/installation.ts';

const ROLE = 'arn:aws:iam::222222222222:role/zone';

let installation: TestInstallation;
beforeAll(async () => {
  installation = await createTestInstallation();
});
afterAll(() => installation.stop());

/** A read-back with the row of a cluster as it was before its create recorded the accounts. */
async function readBackFrom(account: string): Promise<CloudQuery[]> {
  const server = await installation.server();
  const ann = await installation.person(`ann-${account}`, 'requester@a');
  const { id } = (await createCluster(server, ann)).cluster;
  const { db } = installation;
  const [early] = await db.query(getCluster, { id, teams: null });
  if (!early) throw new Error(`no cluster ${id}`);
  expect(early).toMatchObject({ cloudAccount: null, hostedZoneRole: null });
  await db.query(setCloudIdentity, {
    id,
    account: '111111111111',
    principal: 'arn:aws:iam::111111111111:user/worker',
    hostedZoneRole: ROLE,
  });
  const asked: CloudQuery[] = [];
  const cloud: Cloud = {
    kind: 'sandbox',
    account: async () => account,
    find: async (query) => {
      asked.push(query);
      return [];
    },
    proposeOrphans: async () => [],
    installerCredentials: async () => ({ credentials: {}, extra: {} }),
    preflight: async () => ({ account, principal: '', problems: [], notes: [] }),
  };
  const clouds = {
    mode: 'sandbox' as const,
    connected: [cloud],
    forPlatform: () => cloud,
    byKind: () => cloud,
  };
  const attempt = { db, signal: new AbortController().signal };
  await readBack({ clouds, clock: systemClock }, attempt, early);
  return asked;
}

test('G2: a read-back asks the zone account that the attempt recorded after it began', async () => {
  expect(await readBackFrom('111111111111')).toMatchObject([{ hostedZoneRole: ROLE }]);
});

test('G2: a read-back refuses another account than the one that the attempt recorded after it began', async () => {
  await expect(readBackFrom('333333333333')).rejects.toMatchObject({ code: 'WRONG_ACCOUNT' });
});

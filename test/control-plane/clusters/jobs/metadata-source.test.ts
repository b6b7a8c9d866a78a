import { expect, test } from 'vitest';
import { metadataSource } from '../../../../src/control-plane/clusters/jobs/snapshots.ts';
import type { IbmcloudProfile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import type { ClusterRow } from '../../../../src/control-plane/clusters/store/clusters.sql.ts';
import type { JobContext } from '../../../../src/control-plane/kernel/jobs/job.ts';
import { shippedProfile } from '../policy/example.ts';

const withGroup = (resourceGroup: string) => {
  const profile = shippedProfile('ibm-standard') as IbmcloudProfile;
  return { ...profile, platformConfig: { ibmcloud: { ...profile.platformConfig.ibmcloud, resourceGroup } } };
};
const CLUSTER = { id: 'clu_1', platform: 'ibmcloud', profile: 'ibm-standard' } as ClusterRow;
/** This worker's profile has another group than the one that was accepted. */
const profiles = { get: () => withGroup('now'), list: () => [] };
const read = (content: unknown) => {
  const db = { query: async () => [{ content, files: [] }] } as unknown as JobContext['db'];
  return metadataSource({ profiles }, { db }, CLUSTER);
};

test('G1: the resource group of a cluster is that of the profile that it was accepted with', async () => {
  expect(await read(withGroup('accepted'))).toMatchObject({ resourceGroup: 'accepted' });
  // Of a server that did not keep profiles.
  expect(await read(null)).toMatchObject({ resourceGroup: 'now' });
});

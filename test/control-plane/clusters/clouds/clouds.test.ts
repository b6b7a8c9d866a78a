import { expect, test } from 'vitest';
import type { Cloud } from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { realClouds, sandboxClouds } from '../../../../src/control-plane/clusters/clouds/clouds.ts';

const cloud = (kind: Cloud['kind']): Cloud => ({
  kind,
  account: async () => '1',
  preflight: async () => ({ account: '1', principal: 'p', problems: [], notes: [] }),
  find: async () => [],
  proposeOrphans: async () => [],
  installerCredentials: async () => ({ credentials: {}, extra: {} }),
});

test('real clouds serve the platform of their name and no other', () => {
  const aws = cloud('aws');
  const clouds = realClouds([aws]);
  expect(clouds.mode).toBe('real');
  expect(clouds.forPlatform('aws')).toBe(aws);
  expect(clouds.forPlatform('ibmcloud')).toBeUndefined();
  expect(clouds.byKind('aws')).toBe(aws);
});

test('the sandbox serves every platform', () => {
  const sandbox = cloud('sandbox');
  const clouds = sandboxClouds(sandbox);
  expect(clouds.mode).toBe('sandbox');
  expect([clouds.forPlatform('aws'), clouds.forPlatform('ibmcloud'), clouds.byKind('sandbox')]).toEqual([
    sandbox,
    sandbox,
    sandbox,
  ]);
});

test.each([
  ['a real server', realClouds([cloud('aws')]), 'sandbox', '--sandbox'],
  ['a server without IBM Cloud', realClouds([cloud('aws')]), 'ibmcloud', 'ibmcloud connected'],
  ['a sandbox', sandboxClouds(cloud('sandbox')), 'aws', 'aws connected'],
])('G2: %s does not look for a cluster of another cloud in its own', (_, clouds, kind, hint) => {
  expect(() => clouds.byKind(kind)).toThrow(
    expect.objectContaining({
      code: 'CLOUD_NOT_CONNECTED',
      retryable: false,
      hint: expect.stringContaining(hint),
    }),
  );
});

import { expect, test } from 'vitest';
import { logHostLimits } from '../../../../src/control-plane/clusters/startup/cluster-services.ts';
import type { Log } from '../../../../src/control-plane/kernel/telemetry/log.ts';
import { serverConfig } from '../../../../src/control-plane/settings/server-config.ts';
import { shippedProfile } from '../policy/example.ts';

test('R17: a server logs which profiles make private clusters in networks of their own', async () => {
  const standard = shippedProfile('aws-standard');
  const hidden = {
    ...standard,
    name: 'aws-hidden',
    features: { ...standard.features, privateCluster: true },
  };
  const profiles = { get: () => undefined, list: () => [standard, hidden] };
  const warned: unknown[] = [];
  const log = {
    warn: (fields: object, message: string) => void warned.push([fields, message]),
  } as unknown as Log;
  await logHostLimits(
    { ...serverConfig({ sandbox: true, dataDir: '/tmp' }, {}), sandbox: false },
    profiles,
    log,
  );
  expect(warned).toEqual([
    [
      { profile: 'aws-hidden', reason: expect.stringContaining('answers only inside its VPC') },
      'creates from the profile may fail',
    ],
  ]);
});

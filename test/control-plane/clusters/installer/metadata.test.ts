import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  infraIdOf,
  METADATA_FILE,
  parseMetadata,
  readMetadata,
  STATE_FILE,
} from '../../../../src/control-plane/clusters/installer/metadata.ts';
import {
  formatMetadata,
  minimalMetadata,
} from '../../../../src/control-plane/clusters/installer/minimal-metadata.ts';
import { tempDir } from './temp-dir.ts';

const UUID = '7746c915-cc90-4850-905d-f0228526b226';
const AWS =
  `{"clusterName":"demo","clusterID":"${UUID}","infraID":"demo-4cqs4","aws":{"region":"us-east-2","identifier":` +
  `[{"kubernetes.io/cluster/demo-4cqs4":"owned"},{"openshiftClusterID":"${UUID}"},` +
  '{"sigs.k8s.io/cluster-api-provider-aws/cluster/demo-4cqs4":"owned"}],"clusterDomain":"demo.example.com"},' +
  '"featureSet":"","customFeatureSet":null}';
const IBM =
  `{"clusterName":"demo","clusterID":"${UUID}","infraID":"demo-4cqs4","ibmcloud":{"accountID":"0a1b","baseDomain":"example.com",` +
  '"cisInstanceCRN":"crn:v1:cis","region":"us-east","resourceGroupName":"demo-4cqs4"},"featureSet":"","customFeatureSet":null}';

const facts = { infraId: 'demo-4cqs4', clusterName: 'demo', clusterUuid: UUID, baseDomain: 'example.com' };

describe('S42: metadata.json', () => {
  it.each([AWS, IBM])('is read and written back as the installer writes it', async (text) => {
    const dir = await tempDir();
    await writeFile(join(dir, METADATA_FILE), text);
    expect(formatMetadata(await readMetadata(dir))).toBe(text);
  });

  it.each([
    ['{"clusterName":"demo"', 'is not JSON'],
    ['{"clusterName":"demo","clusterID":"","infraID":"x","gcp":{}}', 'for AWS or IBM Cloud'],
    [AWS.replace('"demo-4cqs4","aws"', '"","aws"'), 'invalid metadata.json'],
  ])('S42: refuses %s', (text, words) => {
    expect(() => parseMetadata(text)).toThrow(
      expect.objectContaining({ code: 'METADATA_INVALID', message: expect.stringContaining(words) }),
    );
  });

  it('says so when there is none', async () => {
    await expect(readMetadata(await tempDir())).rejects.toMatchObject({ code: 'METADATA_MISSING' });
  });
});

describe('minimalMetadata', () => {
  it('L2: G1: is for AWS the file that the installer itself would have written', () => {
    const made = minimalMetadata({ ...facts, platform: 'aws', region: 'us-east-2' });
    expect(formatMetadata(made)).toBe(AWS);
  });

  it('G1: is so for IBM Cloud', () => {
    const made = minimalMetadata({
      ...facts,
      platform: 'ibmcloud',
      region: 'us-east',
      accountId: '0a1b',
      cisInstanceCrn: 'crn:v1:cis',
    });
    expect(formatMetadata(made)).toBe(IBM);
  });

  it('G5: leaves out a tag whose value is unknown, since an empty one could match other clusters', () => {
    const { clusterUuid: _, ...withoutUuid } = facts;
    const made = minimalMetadata({ ...withoutUuid, platform: 'aws', region: 'us-east-2' });
    expect(JSON.stringify(made)).not.toContain('openshiftClusterID');
    expect(parseMetadata(formatMetadata(made))).toEqual(made);
  });

  it('carries the role for a hosted zone of another account', () => {
    const made = minimalMetadata({
      ...facts,
      platform: 'aws',
      region: 'us-east-2',
      hostedZoneRole: 'arn:role',
    });
    expect(made).toMatchObject({ aws: { hostedZoneRole: 'arn:role' } });
  });
});

describe('infraIdOf', () => {
  it('comes from metadata.json', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, METADATA_FILE), AWS);
    await writeFile(
      join(dir, STATE_FILE),
      '{"*installconfig.ClusterID":{"UUID":"u","InfraID":"other-xxxxx"}}',
    );
    expect(await infraIdOf(dir)).toEqual({ infraId: 'demo-4cqs4', clusterUuid: UUID });
  });

  it('comes from the state file before that', async () => {
    const dir = await tempDir();
    await writeFile(
      join(dir, STATE_FILE),
      `{"*installconfig.InstallConfig":{},"*installconfig.ClusterID":{"UUID":"${UUID}","InfraID":"demo-4cqs4"}}`,
    );
    expect(await infraIdOf(dir)).toEqual({ infraId: 'demo-4cqs4', clusterUuid: UUID });
  });

  it('is undefined before the installer chose one', async () => {
    const dir = await tempDir();
    expect(await infraIdOf(dir)).toBeUndefined();
    await writeFile(join(dir, STATE_FILE), '{"*installconfig.InstallConfig":{}}');
    expect(await infraIdOf(dir)).toBeUndefined();
  });

  it('G15: says nothing of a broken state file’s content', async () => {
    const dir = await tempDir();
    await writeFile(join(dir, STATE_FILE), 'pull-secret-here {');
    const thrown = await infraIdOf(dir).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'STATE_FILE_INVALID' });
    expect(String(thrown)).not.toContain('pull-secret');
  });
});

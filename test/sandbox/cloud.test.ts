import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  CloudThrottledError,
  type NewResource,
  openSimulatedCloud,
} from '../../src/sandbox/cloud/simulated-cloud.ts';
import { setFaults } from '../../src/sandbox/faults/faults.ts';

function cloudFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ocpctl-cloud-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function vpc(id: string, changes: Partial<NewResource> = {}): NewResource {
  const tags = { 'kubernetes.io/cluster/demo-x2b4c': 'owned', ClusterId: 'clu_one' };
  return {
    id,
    arn: `arn:aws:ec2:::vpc/${id}`,
    type: 'ec2:vpc',
    region: 'us-east-2',
    name: id,
    tags,
    infraId: 'demo-x2b4c',
    ...changes,
  };
}

test('a new cloud is empty, and its folder need not exist', async () => {
  const cloud = openSimulatedCloud(join(cloudFolder(), 'not', 'yet'));
  expect(await cloud.list()).toEqual([]);
  expect(await cloud.hasResources('demo-x2b4c')).toBe(false);
});

test('a resource is listed with the moment of its making, until it is removed', async () => {
  const cloud = openSimulatedCloud(cloudFolder(), { now: () => Date.parse('2026-01-02T03:04:05Z') });
  await cloud.create(vpc('vpc-1'));
  expect(await cloud.list()).toEqual([{ ...vpc('vpc-1'), createdAt: '2026-01-02T03:04:05.000Z' }]);
  expect(await cloud.remove({ id: 'vpc-1' })).toBe(true);
  expect(await cloud.remove({ id: 'vpc-1' })).toBe(false);
  expect(await cloud.hasResources('demo-x2b4c')).toBe(false);
});

test('filters: by infrastructure, region, type and tags together', async () => {
  const cloud = openSimulatedCloud(cloudFolder());
  await cloud.create(vpc('vpc-1'));
  await cloud.create(vpc('vpc-2', { infraId: 'other-z9z9z' }));
  await cloud.create(vpc('sg-1', { type: 'ec2:security-group', region: 'us-east-1' }));
  const ids = async (filter: Parameters<typeof cloud.list>[0]) =>
    (await cloud.list(filter)).map(({ id }) => id).sort();
  expect(await ids({ infraId: 'demo-x2b4c' })).toEqual(['sg-1', 'vpc-1']);
  expect(await ids({ types: ['ec2:vpc'], regions: ['us-east-2'] })).toEqual(['vpc-1', 'vpc-2']);
  expect(await ids({ tags: { ClusterId: 'clu_two' } })).toEqual([]);
});

test('find: all tags of one map, or of one of several; no tags find nothing', async () => {
  const cloud = openSimulatedCloud(cloudFolder());
  await cloud.create(vpc('vpc-1'));
  await cloud.create(vpc('record-1', { type: 'route53:recordset', tags: {} }));
  expect(await cloud.findByTags({ tags: { ClusterId: 'clu_one' } })).toHaveLength(1);
  expect(await cloud.findByTags({ tags: { ClusterId: 'clu_one', Owner: 'someone' } })).toHaveLength(0);
  expect(await cloud.findByTags({ tags: [{ ClusterId: 'clu_two' }, { ClusterId: 'clu_one' }] })).toHaveLength(
    1,
  );
  expect(await cloud.findByTags({ tags: {} })).toEqual([]);
  expect(await cloud.findByTags({ tags: [] })).toEqual([]);
});

test('many writers and removers at once leave exactly what was not removed', async () => {
  const dir = cloudFolder();
  const clouds = [openSimulatedCloud(dir), openSimulatedCloud(dir), openSimulatedCloud(dir)];
  await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const cloud = clouds[i % 3] ?? openSimulatedCloud(dir);
      await cloud.create(vpc(`vpc-${i}`, { infraId: `infra-${i % 4}` }));
      await cloud.list();
      if (i % 2 === 0) await cloud.remove({ id: `vpc-${i}` });
    }),
  );
  const left = (await openSimulatedCloud(dir).list()).map(({ id }) => id).sort();
  expect(left).toEqual(Array.from({ length: 30 }, (_, i) => `vpc-${2 * i + 1}`).sort());
});

test('a late resource exists before listings show it', async () => {
  const dir = cloudFolder();
  await openSimulatedCloud(dir).create(vpc('vpc-1', { visibleAt: '2026-01-02T00:00:05.000Z' }));
  const at = (time: string) => openSimulatedCloud(dir, { now: () => Date.parse(time) });
  expect(await at('2026-01-02T00:00:04Z').list()).toEqual([]);
  expect(await at('2026-01-02T00:00:04Z').hasResources('demo-x2b4c')).toBe(true);
  expect(await at('2026-01-02T00:00:05Z').list()).toHaveLength(1);
});

test('throttled: as often as the fault says, and only for whom it names', async () => {
  const dir = cloudFolder();
  await setFaults(dir, [{ stage: 'listing', kind: 'throttled', times: 2, match: { command: 'read-back' } }]);
  await expect(openSimulatedCloud(dir).list()).rejects.toThrow(CloudThrottledError);
  expect(await openSimulatedCloud(dir, { caller: 'destroy cluster' }).list()).toEqual([]);
  await expect(openSimulatedCloud(dir).findByTags({ tags: { a: 'b' } })).rejects.toMatchObject({
    code: 'ThrottlingException',
  });
  expect(await openSimulatedCloud(dir).list()).toEqual([]);
});

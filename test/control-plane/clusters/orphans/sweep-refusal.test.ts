import { describe, expect, test } from 'vitest';
import type { CloudResource } from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { orphanResources } from '../../../../src/control-plane/clusters/orphans/orphan-resource.ts';
import {
  type SweepFacts,
  sweepRefusal,
} from '../../../../src/control-plane/clusters/orphans/sweep-refusal.ts';
import type { OrphanRow } from '../../../../src/control-plane/clusters/store/orphans.sql.ts';

const HOUR_MS = 3_600_000;
const RULES = { confirmMs: 24 * HOUR_MS, minAgeMs: 3 * HOUR_MS, sweepLimit: 5 };
const NOW = new Date('2026-11-28T12:00:00Z');
const before = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);

const found = (type: string, id: string, more: Partial<CloudResource> = {}): CloudResource => ({
  ...{ id, arn: `arn:aws:${type}:${id}`, type, region: 'us-east-2', name: id, infraId: 'demo-aaaaa' },
  ...{ tags: { 'kubernetes.io/cluster/demo-aaaaa': 'owned' }, createdAt: before(48), ...more },
});
const VPC = found('ec2:vpc', 'vpc-1');
const NAT = found('ec2:natgateway', 'nat-1');
const blocker = (type: string, id: string, note: string) =>
  found(type, id, { infraId: null, tags: {}, note });

const row = (change: Partial<OrphanRow> = {}): OrphanRow => ({
  ...{ id: 'orp_1', cloud: 'aws', account: '1', infraId: 'demo-aaaaa', platform: 'aws', region: 'us-east-2' },
  ...{
    ownership: 'OURS',
    clusterId: 'clu_1',
    clusterName: 'demo',
    baseDomain: 'labs.example.com',
    owner: 'ann',
  },
  ...{ team: 'a', resources: orphanResources([VPC, NAT], []), dailyCost: 1, oldestAt: before(48) },
  ...{ firstSeenAt: before(25), lastSeenAt: before(1), sightings: 5, ignoredAt: null, ignoredBy: null },
  ...{
    ignoreReason: null,
    closedAt: null,
    jobId: null,
    jobStatus: null,
    errorCode: null,
    errorMessage: null,
  },
  ...{ hasProof: false, status: 'ORPHANED', ...change },
});
const facts = (change: Partial<SweepFacts> = {}): SweepFacts => ({
  owner: { kind: 'ours', cluster: undefined },
  resources: orphanResources([VPC, NAT], []),
  known: { living: [] },
  now: NOW,
  ...change,
});
const refusal = (orphan: OrphanRow, seen: SweepFacts) => sweepRefusal(orphan, seen, RULES)?.code;

describe('G5: a sweep is refused', () => {
  test('unless it was seen twice, far enough apart', () => {
    expect(refusal(row(), facts())).toBeUndefined();
    expect(refusal(row({ sightings: 1 }), facts())).toBe('ORPHAN_NOT_CONFIRMED');
    expect(refusal(row({ firstSeenAt: before(24) }), facts())).toBe('ORPHAN_NOT_CONFIRMED');
  });

  test('while an installation may still be running, or an admin ignores it', () => {
    expect(refusal(row({ oldestAt: before(2) }), facts())).toBe('ORPHAN_NOT_CONFIRMED');
    expect(refusal(row({ ignoredAt: before(1) }), facts())).toBe('ORPHAN_NOT_CONFIRMED');
  });

  test('when a living cluster has the infraID, or the name and domain', () => {
    const owner = { kind: 'living', clusterId: 'clu_2' } as const;
    expect(refusal(row(), facts({ owner }))).toBe('ORPHAN_IN_USE');
    const namesake = {
      clusterId: 'clu_2',
      name: 'demo',
      baseDomain: 'labs.example.com',
      status: 'READY',
      infraIds: [],
    };
    expect(refusal(row(), facts({ known: { living: [namesake] } }))).toBe('ORPHAN_NAME_IN_USE');
  });

  test('when it is not ours, by the last scan or by the tags now', () => {
    expect(refusal(row({ ownership: 'FOREIGN' }), facts())).toBe('ORPHAN_NOT_OURS');
    expect(refusal(row(), facts({ owner: { kind: 'foreign' } }))).toBe('ORPHAN_NOT_OURS');
  });

  test('when something is there that no scan has seen, or elsewhere; what is gone already does not matter', () => {
    const more = orphanResources([VPC, NAT, found('ec2:instance', 'i-1')], []);
    expect(refusal(row(), facts({ resources: more }))).toBe('ORPHAN_CHANGED');
    const moved = orphanResources([VPC, { ...NAT, region: 'us-west-2' }], []);
    expect(refusal(row(), facts({ resources: moved }))).toBe('ORPHAN_CHANGED');
    expect(refusal(row(), facts({ resources: orphanResources([VPC], []) }))).toBeUndefined();
    expect(refusal(row(), facts({ resources: [] }))).toBeUndefined();
  });

  test('when what others own is in its network, and not for the interfaces of its own resources', () => {
    const own = blocker(
      'ec2:network-interface',
      'eni-1',
      'in subnet-1, used by Interface for NAT Gateway nat-1, 123',
    );
    const unused = blocker('ec2:network-interface', 'eni-2', 'in subnet-1, used by nothing');
    const others = blocker('ec2:network-interface', 'eni-3', 'in subnet-1, used by instance i-others');
    const rule = blocker('ec2:security-group-rule', 'sgr-1', 'of sg-others, names sg-1');
    const refused = (...all: CloudResource[]) => {
      const resources = orphanResources([VPC, NAT, ...all], []);
      return refusal(row({ resources }), facts({ resources }));
    };
    expect(refused(own, unused)).toBeUndefined();
    expect(refused(own, others)).toBe('ORPHAN_BLOCKED');
    expect(refused(rule)).toBe('ORPHAN_BLOCKED');
    expect(refused(blocker('ec2:vpc-endpoint', 'vpce-1', 'in vpc-1, for s3'))).toBe('ORPHAN_BLOCKED');
  });
});

test('G5: what is shared is kept, with the reason', () => {
  const shared = found('ec2:subnet', 'subnet-company', {
    tags: { 'kubernetes.io/cluster/demo-aaaaa': 'shared' },
  });
  const all = orphanResources([VPC], [shared]);
  expect(all.map(({ id, keep }) => [id, keep])).toEqual([
    ['subnet-company', 'shared by clusters'],
    ['vpc-1', null],
  ]);
});

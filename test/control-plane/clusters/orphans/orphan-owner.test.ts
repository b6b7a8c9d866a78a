import { describe, expect, test } from 'vitest';
import {
  infraOwner,
  type KnownClusters,
  livingInDomain,
} from '../../../../src/control-plane/clusters/orphans/orphan-owner.ts';

const ENDED = {
  ...{
    clusterId: 'clu_ended',
    name: 'demo',
    platform: 'aws',
    region: 'us-east-2',
    baseDomain: 'labs.example.com',
  },
  ...{
    owner: 'ann',
    team: 'a',
    profile: 'aws-minimal-test',
    version: '4.20.3',
    hostedZoneRole: null,
    infraIds: ['demo-aaaaa'],
  },
};
const living = (name: string, status: string, infraIds: string[] = []) => ({
  ...{ clusterId: `clu_${name}`, name, baseDomain: 'labs.example.com', status, infraIds },
});
const known = (...alive: ReturnType<typeof living>[]): KnownClusters => ({
  installationId: 'ins_ours',
  ended: [ENDED],
  living: alive,
});
const OURS = { InstallationId: 'ins_ours' };
const owner = (infraId: string, tags: Record<string, string>[], ...alive: ReturnType<typeof living>[]) =>
  infraOwner({ infraId, tags }, known(...alive)).kind;

describe('whose an infraID is', () => {
  test('ours: of an ended cluster of the database, or tagged with the id of this installation', () => {
    expect(infraOwner({ infraId: 'demo-aaaaa', tags: [{}] }, known())).toEqual({
      kind: 'ours',
      cluster: ENDED,
    });
    expect(infraOwner({ infraId: 'demo-zzzzz', tags: [{ ClusterId: 'clu_ended' }] }, known())).toMatchObject({
      cluster: ENDED,
    });
    const lost = { infraId: 'lost-aaaaa', tags: [{ ...OURS, ClusterId: 'clu_lost' }] };
    expect(infraOwner(lost, known())).toEqual({ kind: 'ours', cluster: undefined });
  });

  test('G5: foreign: another installation, an unknown cluster, or nothing that tells', () => {
    expect(owner('other-aaaaa', [{ InstallationId: 'ins_other', ClusterId: 'clu_other' }])).toBe('foreign');
    expect(owner('other-aaaaa', [{ ClusterId: 'clu_other' }])).toBe('foreign');
    expect(owner('other-aaaaa', [{}])).toBe('foreign');
    expect(owner('other-aaaaa', [])).toBe('foreign');
  });

  test('G5: a tag that names another installation or cluster wins over an infraID that an ended cluster had', () => {
    expect(owner('demo-aaaaa', [{ InstallationId: 'ins_other' }])).toBe('foreign');
    expect(owner('demo-aaaaa', [{ ClusterId: 'clu_other' }])).toBe('foreign');
    expect(owner('demo-aaaaa', [OURS, { InstallationId: 'ins_other' }])).toBe('foreign');
  });

  test('G5: a living cluster: by its infraIDs, by a tag, and by its name while its infraID is not stored', () => {
    expect(owner('demo-aaaaa', [], living('demo', 'READY', ['demo-aaaaa']))).toBe('living');
    expect(owner('demo-aaaaa', [{ ClusterId: 'clu_x' }], living('x', 'DESTROY_FAILED'))).toBe('living');
    expect(owner('demo-bbbbb', [OURS], living('demo', 'CREATING'))).toBe('living');
    expect(owner('demo-bbbbb', [OURS], living('demo', 'PENDING'))).toBe('living');
    expect(owner('demo-bbbbb', [OURS], living('demo', 'CREATING', ['demo-aaaaa']))).toBe('living');
    // That of an ended cluster is known not to be of the create.
    expect(owner('demo-aaaaa', [OURS], living('demo', 'CREATING'))).toBe('ours');
    expect(owner('demo-bbbbb', [OURS], living('demo', 'READY', ['demo-ccccc']))).toBe('ours');
    expect(owner('demo-b-bbbbb', [OURS], living('demo', 'CREATING'))).toBe('ours');
  });

  test('the name of a create is cut as the installer cuts it', () => {
    const long = living('payments-pull-request-12345', 'CREATING');
    expect(owner('payments-pull-request-bbbbb', [OURS], long)).toBe('living');
    expect(owner('payments-pull-reques-bbbbb', [OURS], long)).toBe('ours');
  });
});

test('a living cluster uses a domain if it has the name, whatever the base domain when that is not known', () => {
  const alive = [living('demo', 'READY')];
  expect(livingInDomain({ name: 'demo', baseDomain: 'labs.example.com' }, alive)).toBe(alive[0]);
  expect(livingInDomain({ name: 'demo', baseDomain: null }, alive)).toBe(alive[0]);
  expect(livingInDomain({ name: 'demo', baseDomain: 'dev.example.com' }, alive)).toBeUndefined();
  expect(livingInDomain({ name: null, baseDomain: null }, alive)).toBeUndefined();
});

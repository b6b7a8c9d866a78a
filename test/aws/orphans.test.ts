import { beforeEach, expect, inject, it } from 'vitest';
import type { components } from '../../src/contract/api.gen.ts';
import { awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import { infraOwner, type KnownClusters } from '../../src/control-plane/clusters/orphans/orphan-owner.ts';
import { readSighting } from '../../src/control-plane/clusters/orphans/sighting.ts';
import type { Profiles } from '../../src/control-plane/clusters/profiles/load-profiles.ts';
import { eventually } from '../e2e/eventually.ts';
import { writeInstaller } from '../e2e/installer-files.ts';
import { accountOf } from './account.ts';
import { openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { describeOnMoto, REGION, sleeplessClock } from './kit.ts';
import { type Planted, plantTagged } from './plant-leftovers.ts';
import { tagListing } from './tag-listing.ts';

type Orphan = components['schemas']['Orphan'];
type Tags = Readonly<Record<string, string>>;

const GONE = 'demo-bcdfg';
const LOST = 'lost-bcdfg';
const OTHER = 'other-bcdfg';
const DOMAIN = 'labs.example.com';
const key = (infraId: string) => `kubernetes.io/cluster/${infraId}`;
const ENDED = {
  ...{ clusterId: 'clu_gone', name: 'demo', platform: 'aws', region: REGION, baseDomain: DOMAIN },
  ...{
    owner: 'ann',
    team: 'a',
    profile: 'aws-minimal-test',
    version: '4.20.3',
    hostedZoneRole: null,
    infraIds: [GONE],
  },
};
const KNOWN: KnownClusters = { installationId: 'ins_ours', ended: [ENDED], living: [] };

describeOnMoto('orphans on AWS', (fixture) => {
  let zone = '';
  beforeEach(async () => {
    zone = await accountOf(fixture().direct).zone(DOMAIN);
  });

  /** The listings by tag, of which moto has only a part of the kinds. Each of the planted has the tags beside it. */
  const listByTag = (planted: readonly (readonly [readonly Planted[], Tags])[]) => {
    const { proxy } = fixture();
    const keys = [...new Set(planted.flatMap(([, tags]) => Object.keys(tags)))];
    proxy.inject({
      when: ({ service, text }) => service === 'tagging' && text.includes('GetTagKeys'),
      ...{ times: 99, status: 200, body: JSON.stringify({ PaginationToken: '', TagKeys: keys }) },
    });
    const resources = planted.flatMap(([all, tags]) => all.map(({ arn }) => ({ arn, tags })));
    proxy.inject(tagListing(resources, REGION));
    proxy.inject(tagListing([]));
  };

  it('G5: proposes what is under an infraID by tag, name and domain; tells ours from others; keeps what is shared', async () => {
    const { direct, endpoint, proxy } = fixture();
    const account = accountOf(direct);
    const lost = { [key(LOST)]: 'owned', InstallationId: 'ins_ours', ClusterId: 'clu_lost' };
    const other = { [key(OTHER)]: 'owned', InstallationId: 'ins_other', ClusterId: 'clu_other' };
    const shared = { [key(LOST)]: 'shared', [key(OTHER)]: 'shared' };
    const ours = await plantTagged(direct, LOST, lost);
    const others = await plantTagged(direct, OTHER, other);
    const company = await plantTagged(direct, 'company', shared);
    // Of an ended cluster only what no listing by tag has, and of an unknown one a role.
    await account.user(`${GONE}-openshift-image-registry-abcde`, { [key(GONE)]: 'owned' });
    await account.bucket(`${GONE}-image-registry-${REGION}-x`);
    await account.record(zone, `*.apps.demo.${DOMAIN}`, 'A', '192.0.2.1');
    await account.role('strange-bcdfg-master-role', { [key('strange-bcdfg')]: 'owned' });
    await account.role('bcdfg-deployer', {});
    listByTag([
      [ours, lost],
      [others, other],
      [company, shared],
    ]);
    const vpcEndpoint = ours.find(({ kind }) => kind === 'ec2:vpc-endpoint')?.arn.split('/')[1];
    // moto does not know this filter.
    proxy.inject({
      when: ({ text }) => text.includes('vpc-endpoint-id'),
      ...{ times: 9, status: 200 },
      body: `<r><vpcEndpointSet><item><vpcEndpointId>${vpcEndpoint}</vpcEndpointId></item></vpcEndpointSet></r>`,
    });
    const cloud = awsCloud({
      ...{ regionsDefault: REGION, endpoint, credentials: direct.credentials, settleMs: 0 },
      ...{ clock: sleeplessClock(), random: () => 0.5 },
    });
    const { signal } = new AbortController();
    const proposals = await cloud.proposeOrphans({ regions: [REGION], ended: [ENDED] }, signal);
    expect(Object.fromEntries(proposals.map((each) => [each.infraId, infraOwner(each, KNOWN).kind]))).toEqual(
      {
        [GONE]: 'ours',
        [LOST]: 'ours',
        [OTHER]: 'foreign',
        'strange-bcdfg': 'foreign',
      },
    );

    const proposal = proposals.find(({ infraId }) => infraId === LOST);
    expect(proposal).toBeDefined();
    if (proposal === undefined) return;
    const noProfiles = { list: () => [] } as unknown as Profiles;
    const { owner, clusterId, region, resources } = await readSighting(
      { profiles: noProfiles },
      cloud,
      proposal,
      KNOWN,
      signal,
    );
    expect({ owner, clusterId, region }).toEqual({
      owner: { kind: 'ours', cluster: undefined },
      clusterId: 'clu_lost',
      region: REGION,
    });
    const removed = resources.filter(({ keep }) => keep === null).map(({ arn }) => arn);
    expect(removed).toEqual(expect.arrayContaining(ours.map(({ arn }) => arn)));
    expect(removed.filter((arn) => [...others, ...company].some((each) => each.arn === arn))).toEqual([]);
    const kept = resources.filter(({ keep }) => keep === 'shared by clusters').map(({ arn }) => arn);
    expect([...kept].sort()).toEqual(company.map(({ arn }) => arn).sort());
    expect(new Set(resources.map(({ type }) => type)).size).toBeGreaterThanOrEqual(20);
  });

  it('G2: G5: a server finds, lists and sweeps what a lost cluster left; foreign and shared resources stay', async () => {
    const { direct } = fixture();
    const account = accountOf(direct);
    const site = openInstallation(fixture(), {
      OCPCTL_CREATE_TIMEOUT_MS: '1000',
      OCPCTL_ORPHAN_SCAN_INTERVAL_MS: '5000',
      OCPCTL_ORPHAN_CONFIRM_MS: '1000',
      OCPCTL_ORPHAN_MIN_AGE_MS: '1000',
    });
    // The version of a lost cluster is unknown: the newest installer removes it.
    site.env['OCPCTL_INSTALLERS'] = writeInstaller(site.folder, '4.20.5', inject('standIn'));
    await site.start({ mode: 'real' });
    const run = async (...argv: string[]) => {
      const { code, stdout, stderr } = await site.cli(...argv);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const create = [
      'create',
      'demo',
      '--profile',
      'aws-minimal-test',
      '--region',
      REGION,
      '--dry-run',
      '--json',
    ];
    const { tags: planned } = JSON.parse(await run(...create)) as { tags: Record<string, string> };
    const other = { [key(OTHER)]: 'owned', InstallationId: 'ins_other', ClusterId: 'clu_other' };
    await plantTagged(direct, OTHER, other);
    await plantTagged(direct, 'company', { [key(OTHER)]: 'shared', [key(LOST)]: 'shared' });
    const before = await inventory(direct);

    const tags = {
      [key(LOST)]: 'owned',
      InstallationId: planned['InstallationId'] ?? '',
      ClusterId: 'clu_lost',
    };
    const vpc = await account.vpc(tags);
    const subnet = await account.subnet(vpc, tags);
    await account.securityGroup(vpc, tags);
    await account.instance(subnet, tags);
    await account.volume(tags);
    await account.role(`${LOST}-master-role`, tags);
    await account.instanceProfile(`${LOST}-master-profile`, tags);
    await account.bucket(`${LOST}-image-registry-${REGION}-x`, tags);
    const list = async (...flags: string[]) =>
      (JSON.parse(await run('admin', 'orphans', 'list', '--json', ...flags)) as { items: Orphan[] }).items;
    const orphan = await eventually(
      'it is confirmed',
      async () => (await list('--status', 'ORPHANED')).find(({ infraId }) => infraId === LOST),
      { withinMs: 300_000 },
    );
    // With the interface of the machine.
    expect(orphan).toMatchObject({ clusterId: 'clu_lost', region: REGION, resourceCount: 9 });
    expect((await list()).find(({ infraId }) => infraId === OTHER)).toMatchObject({ status: 'FOREIGN' });
    const plan = await run('admin', 'orphans', 'sweep', LOST, '--dry-run');
    expect(plan).toContain('shared by clusters');
    await run('admin', 'orphans', 'sweep', LOST, '--reason', 'lost', '--yes');
    await eventually(
      'it is swept',
      async () => (await list('--status', 'SWEPT')).some(({ infraId }) => infraId === LOST),
      { withinMs: 300_000, explain: () => run('admin', 'orphans', 'show', LOST) },
    );
    expect(await inventory(direct)).toEqual(before);
  });
});

import { readFileSync } from 'node:fs';
import { IAM } from '@aws-sdk/client-iam';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import { accountOf, type Tags } from './account.ts';
import { type CREDENTIALS, describeOnMoto, type MotoFixture, REGION, sleeplessClock } from './kit.ts';
import { type Planted, plantTagged } from './plant-leftovers.ts';
import { tagListing } from './tag-listing.ts';

const INFRA = 'payments-pr-12345-dcwvj';
/** Begins with the same 20 characters. */
const NEIGHBOUR = 'payments-pr-12345-dcxyz';
const DOMAIN = 'labs.example.com';
const owned = (infraId: string) => ({ [`kubernetes.io/cluster/${infraId}`]: 'owned' });
const SHARED = {
  [`kubernetes.io/cluster/${INFRA}`]: 'shared',
  [`kubernetes.io/cluster/${NEIGHBOUR}`]: 'shared',
};

/** What has no tags in listings by tag, or loses them: found by name and by domain. */
async function plantNamed(direct: MotoFixture['direct'], infraId: string, zone: string): Promise<string[]> {
  const account = accountOf(direct);
  const tags = owned(infraId);
  const cluster = infraId.slice(0, -6);
  const domain = `${cluster}${infraId === INFRA ? '' : '-b'}.${DOMAIN}`;
  const user = `${infraId.slice(0, 20)}-openshift-image-registry-${infraId.slice(-5)}`;
  await account.role(`${infraId}-master-role`, tags);
  await account.instanceProfile(`${infraId}-worker-profile`, tags);
  await account.user(user, tags);
  await account.identityProvider(`${infraId}-oidc.s3.${REGION}.amazonaws.com`);
  await account.bucket(`${infraId}-image-registry-${REGION}-x`, tags);
  await account.bucket(`openshift-bootstrap-data-${infraId}`);
  const own = await account.zone(domain, await account.vpc());
  await account.tagZone(own, tags);
  await account.record(zone, `*.shard.${domain}`, 'A', '192.0.2.1');
  return [
    `iam:role ${infraId}-master-role`,
    `iam:instance-profile ${infraId}-worker-profile`,
    `iam:user ${user}`,
    `iam:oidc-provider ${infraId}-oidc.s3.${REGION}.amazonaws.com`,
    `s3:bucket ${infraId}-image-registry-${REGION}-x`,
    `s3:bucket openshift-bootstrap-data-${infraId}`,
    `route53:hostedzone ${domain}`,
    `route53:recordset *.shard.${domain}`,
  ];
}

describeOnMoto('read-back of leftovers of every maker', (fixture) => {
  let zone = '';
  beforeEach(async () => {
    zone = await accountOf(fixture().direct).zone(DOMAIN);
  });

  it('R1: R2: R7: G2: G5: all of ours, nothing of a neighbour or shared, with the rights of worker-policy.json only', async () => {
    const { direct, proxy } = fixture();
    const ours = await plantTagged(direct, INFRA, owned(INFRA));
    const shared = await plantTagged(direct, 'company', SHARED);
    const theirs = await plantTagged(direct, NEIGHBOUR, owned(NEIGHBOUR));
    const named = await plantNamed(direct, INFRA, zone);
    await plantNamed(direct, NEIGHBOUR, zone);
    // moto lists only a part of the kinds by tag, and knows the action by another name than IAM.
    const withTags = (planted: readonly Planted[], tags: Tags) => planted.map(({ arn }) => ({ arn, tags }));
    proxy.inject(
      tagListing([
        ...withTags(ours, owned(INFRA)),
        ...withTags(shared, SHARED),
        ...withTags(theirs, owned(NEIGHBOUR)),
      ]),
    );
    // moto does not know this filter.
    const endpoint = ours.find(({ kind }) => kind === 'ec2:vpc-endpoint')?.arn.split('/')[1];
    proxy.inject({
      when: ({ text }) => text.includes('vpc-endpoint-id'),
      times: 9,
      status: 200,
      body: `<r><vpcEndpointSet><item><vpcEndpointId>${endpoint}</vpcEndpointId></item></vpcEndpointSet></r>`,
    });
    const restricted = await onlyWorkerPolicy(direct);
    proxy.calls.length = 0;
    const found = await awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: restricted,
      settleMs: 0,
      clock: sleeplessClock(),
      random: () => 0.5,
    }).find(
      {
        clusterId: 'clu_1',
        infraIds: [INFRA],
        regions: [REGION],
        clusterName: 'payments-pr-12345',
        baseDomain: DOMAIN,
      },
      new AbortController().signal,
    );
    const known = found.filter(({ type, note }) => note === undefined && type !== '');
    const expected = [...ours.map(({ kind, arn }) => `${kind} ${arn}`)].sort();
    const tagged = known.filter(({ arn }) => ours.some((planted) => planted.arn === arn));
    expect(tagged.map(({ type, arn }) => `${type} ${arn}`).sort()).toEqual(expected);
    const rest = known.filter(({ arn }) => !ours.some((planted) => planted.arn === arn));
    expect(rest.map(({ type, name }) => `${type} ${name}`).sort()).toEqual([...named].sort());
    // What is left over: network interfaces of our own network, each with who uses it.
    const blockers = found.filter(({ note }) => note !== undefined);
    expect(new Set(blockers.map(({ type }) => type))).toEqual(new Set(['ec2:network-interface']));
    expect(new Set(found.map(({ type }) => type)).size).toBeGreaterThanOrEqual(25);
  });
});

/** Credentials of a user with the worker's policy, which moto enforces from now on. */
async function onlyWorkerPolicy(direct: MotoFixture['direct']): Promise<typeof CREDENTIALS> {
  const iam = new IAM(direct);
  await iam.createUser({ UserName: 'ocpctl-worker' });
  await iam.putUserPolicy({
    UserName: 'ocpctl-worker',
    PolicyName: 'worker',
    PolicyDocument: workerPolicy(),
  });
  const { AccessKey } = await iam.createAccessKey({ UserName: 'ocpctl-worker' });
  const enforceAfter = (calls: string) =>
    fetch(`${direct.endpoint}/moto-api/reset-auth`, { method: 'POST', body: calls });
  onTestFinished(async () => void (await enforceAfter('inf')));
  await enforceAfter('0');
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
}

function workerPolicy(): string {
  return readFileSync(new URL('../../deploy/aws/worker-policy.json', import.meta.url), 'utf8')
    .replace('KEY_ARN', 'arn:aws:kms:us-east-2:123456789012:key/k')
    .replace('HOSTED_ZONE_ROLE_ARN', 'arn:aws:iam::444455556666:role/cluster-zones');
}

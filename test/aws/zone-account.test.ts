import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { STS } from '@aws-sdk/client-sts';
import { beforeEach, expect, it } from 'vitest';
import { verifyDestroyProof } from '../../src/cli/proof/read-proof.ts';
import { awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import type { CloudQuery, PreflightRequest } from '../../src/control-plane/clusters/clouds/cloud.ts';
import type { ClusterJobContext } from '../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { proveDestroyed } from '../../src/control-plane/clusters/jobs/destroy-proof.ts';
import { readBack } from '../../src/control-plane/clusters/jobs/undo.ts';
import type { ClusterRow } from '../../src/control-plane/clusters/store/clusters.sql.ts';
import type { JobContext } from '../../src/control-plane/kernel/jobs/job.ts';
import { installationKey } from '../../src/control-plane/kernel/signing/installation-key.ts';
import { accountOf } from './account.ts';
import { type Fault, xmlError } from './faulty-proxy.ts';
import { CREDENTIALS, describeOnMoto, PREFLIGHT_REQUEST, REGION, sleeplessClock } from './kit.ts';

const NETWORK_ACCOUNT = '444455556666';
const ROLE = `arn:aws:iam::${NETWORK_ACCOUNT}:role/cluster-zones`;
const DOMAIN = 'labs.example.com';
const DENIED = xmlError(
  'AccessDenied',
  `User: arn:aws:iam::123456789012:user/w is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
);

describeOnMoto('a hosted zone of another account', (fixture) => {
  let network: ReturnType<typeof accountOf>;
  let zone: string;
  const open = () =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      settleMs: 0,
      clock: sleeplessClock(),
      random: () => 0.5,
    });
  const preflight = (over: Partial<PreflightRequest> = {}) =>
    open().preflight(
      { ...PREFLIGHT_REQUEST, ownSubnets: true, hostedZone: { id: zone, role: ROLE }, ...over },
      new AbortController().signal,
    );
  const query: CloudQuery = {
    clusterId: 'clu_1',
    infraIds: ['demo-4cqs4'],
    regions: [REGION],
    clusterName: 'demo',
    baseDomain: DOMAIN,
  };
  const find = (over: Partial<CloudQuery>, asked: string[] = []) =>
    open().find({ ...query, ...over }, new AbortController().signal, (question) => asked.push(question));
  const assuming: Fault['when'] = ({ service, text }) =>
    service === 'sts' && text.includes('Action=AssumeRole');

  beforeEach(async () => {
    const { direct } = fixture();
    await accountOf(direct).zone(DOMAIN);
    const { Credentials } = await new STS(direct).assumeRole({ RoleArn: ROLE, RoleSessionName: 'network' });
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    network = accountOf({ ...direct, credentials });
    zone = await network.zone(DOMAIN, await network.vpc());
  });

  it('R17: is found and may be used: no problem', async () => {
    expect((await preflight({ clusterName: 'demo' })).problems).toEqual([]);
  });

  it('R17: G1: no create whose zone the worker could not read back: it may not assume the role', async () => {
    fixture().proxy.inject({ when: assuming, times: 99, status: 403, body: DENIED });
    expect((await preflight({ clusterName: 'demo' })).problems).toEqual([
      {
        code: 'ACCESS_DENIED',
        message: `a destroy could not be verified: assuming ${ROLE}, the role for the hosted zone: the worker's AWS principal is not authorized to perform sts:AssumeRole (AccessDenied)`,
        hint: "let the trust policy of the role trust the worker's principal, and allow the worker sts:AssumeRole of it",
        retryable: false,
      },
    ]);
  });

  it('R17: G1: nor one whose role may not read the zone', async () => {
    let assumed = false;
    fixture().proxy.inject({
      when: ({ service, text }) => {
        assumed ||= service === 'sts' && text.includes('AssumeRole');
        return assumed && service === 'route53' && text.includes(`/tags/hostedzone/${zone}`);
      },
      times: 99,
      status: 403,
      body: xmlError('AccessDenied'),
    });
    expect((await preflight({ clusterName: 'demo' })).problems).toMatchObject([
      {
        code: 'ACCESS_DENIED',
        message: expect.stringContaining(`reading the tags of a hosted zone in account ${NETWORK_ACCOUNT}`),
        hint: `allow it for ${ROLE}; docs/connect-aws.md lists what the role needs`,
      },
    ]);
  });

  it('R17: a zone that the account does not have, with and without a role', async () => {
    const missing = { code: 'BASE_DOMAIN_ZONE_MISSING', retryable: false };
    expect((await preflight({ hostedZone: { id: 'Z0NOTTHERE', role: ROLE } })).problems).toMatchObject([
      { ...missing, message: `account ${NETWORK_ACCOUNT} has no hosted zone Z0NOTTHERE` },
    ]);
    expect((await preflight({ hostedZone: { id: zone } })).problems).toMatchObject([
      {
        ...missing,
        message: `account 123456789012 has no hosted zone ${zone}`,
        hint: expect.stringContaining('hostedZoneRole'),
      },
    ]);
  });

  it('R2: R17: records in it refuse a create of their name', async () => {
    await network.record(zone, 'api.demo.labs.example.com', 'A', '192.0.2.1');
    expect((await preflight({ clusterName: 'demo' })).problems).toMatchObject([
      { code: 'DNS_RECORDS_EXIST', message: expect.stringContaining('api.demo.labs.example.com') },
    ]);
    expect((await preflight({ clusterName: 'other' })).problems).toEqual([]);
  });

  it('G2: G5: R17: its records are residue, those of another cluster are not; each question names its account', async () => {
    await network.tagZone(zone, { 'kubernetes.io/cluster/demo-4cqs4': 'shared' });
    await network.record(zone, '*.apps.demo.labs.example.com', 'A', '192.0.2.1');
    await network.record(zone, 'api.other.labs.example.com', 'A', '192.0.2.2');
    const asked: string[] = [];
    const found = await find({ hostedZoneRole: ROLE }, asked);
    expect(found.map(({ type, name }) => [type, name])).toEqual([
      ['route53:recordset', '*.apps.demo.labs.example.com'],
    ]);
    for (const question of ['listing hosted zones', 'listing DNS records'])
      expect(asked).toEqual(expect.arrayContaining([question, `${question} in account ${NETWORK_ACCOUNT}`]));
    expect(await find({})).toEqual([]);
  });

  it('G2: R17: the proof names both accounts and what was asked in each', async () => {
    const cluster = {
      ...{ id: 'clu_1', name: 'demo', platform: 'aws', cloud: 'aws', cloudAccount: '123456789012' },
      ...{ region: REGION, baseDomain: DOMAIN, infraId: 'demo-4cqs4', createdAt: new Date() },
      hostedZoneRole: ROLE,
    } as ClusterRow;
    const key = installationKey(
      String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
    );
    const cloud = open();
    const context = {
      clouds: { byKind: () => cloud },
      clock: sleeplessClock(),
      version: '0.1.0',
      installationKey: async () => key,
    } as unknown as ClusterJobContext;
    const attempt = {
      db: { query: async ({ name }: { name: string }) => (name === 'clusters.get' ? [cluster] : []) },
      signal: new AbortController().signal,
      job: { id: 'job_1', attempt: 1, requestedBy: 'local:ann' },
    } as unknown as JobContext;
    const prove = async () =>
      proveDestroyed(context, attempt, cluster, await readBack(context, attempt, cluster), undefined);
    const verified = async () => verifyDestroyProof(await prove(), createPublicKey(key.publicPem), 'clu_1');
    const { predicate } = await verified();
    expect(predicate.cloud).toEqual({
      kind: 'aws',
      account: '123456789012',
      hostedZoneAccount: NETWORK_ACCOUNT,
    });
    const questions = predicate.readBack?.asked.map(({ question }) => question);
    expect(questions).toEqual(
      expect.arrayContaining([
        'listing hosted zones',
        `listing hosted zones in account ${NETWORK_ACCOUNT}`,
        `listing DNS records in account ${NETWORK_ACCOUNT}`,
      ]),
    );
    await network.record(zone, 'api-int.demo.labs.example.com', 'A', '192.0.2.1');
    await expect(verified()).rejects.toMatchObject({
      code: 'PROOF_INVALID',
      message: expect.stringContaining('1 resources were left'),
    });
  });

  it('G2: R17: a role that cannot be assumed is an error of the read-back, never an empty result', async () => {
    fixture().proxy.inject({ when: assuming, times: 99, status: 403, body: DENIED });
    await expect(find({ hostedZoneRole: ROLE })).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining(`assuming ${ROLE}`),
    });
  });
});

import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EC2 } from '@aws-sdk/client-ec2';
import { IAM } from '@aws-sdk/client-iam';
import { Route53 } from '@aws-sdk/client-route-53';
import { S3 } from '@aws-sdk/client-s3';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { STS } from '@aws-sdk/client-sts';
import { beforeEach, expect, it } from 'vitest';
import type { DestroyStatement, ReadBackStatement } from '../../src/contract/destroy-proof.ts';
import { awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import { eventually } from '../e2e/eventually.ts';
import { accountOf } from './account.ts';
import { createReady, destroyNow, openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { CREDENTIALS, describeOnMoto, type MotoFixture, REGION, sleeplessClock } from './kit.ts';

/** Verifies a proof with a DSSE implementation that is not ours. @returns the statement */
async function verifyWithPython(
  python: string,
  file: string,
  pem: string,
  keyId: string,
): Promise<DestroyStatement & { predicate: { readBack: ReadBackStatement } }> {
  const script = fileURLToPath(new URL('verify-proof.py', import.meta.url));
  const { stdout } = await promisify(execFile)(python, [script, file, pem, keyId]);
  return JSON.parse(stdout);
}

const DOMAIN = 'labs.example.com';
const BUCKET = 'ocpctl-artifacts';

describeOnMoto('an installation on AWS, from the command line to the account', (fixture) => {
  let account: ReturnType<typeof accountOf>;
  let publicZone = '';
  const look = () => inventory(fixture().direct);
  const objects = async () =>
    ((await new S3(fixture().direct).listObjectsV2({ Bucket: BUCKET })).Contents ?? []).map(({ Key }) => Key);

  beforeEach(async () => {
    account = accountOf(fixture().direct);
    publicZone = await account.zone(DOMAIN);
  });

  it('G2: READY is all that was planned, DESTROYED is an account as before; G4: snapshots in S3; G15: secrets in Secrets Manager', async () => {
    await account.bucket(BUCKET);
    const before = await look();
    const site = openInstallation(fixture(), {
      OCPCTL_ARTIFACTS: `s3://${BUCKET}/site`,
      OCPCTL_SECRETS: 'secretsmanager',
    });
    await site.start({ mode: 'real' });
    const { id, infraId } = await createReady(site, 'demo');

    const cloud = awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      settleMs: 0,
      clock: sleeplessClock(),
      random: Math.random,
    });
    const query = {
      clusterId: id,
      infraIds: [infraId],
      regions: [REGION],
      clusterName: 'demo',
      baseDomain: DOMAIN,
    };
    const found = await cloud.find(query, new AbortController().signal);
    expect(new Set(found.map(({ type }) => type))).toEqual(
      new Set([
        'ec2:instance',
        'ec2:internet-gateway',
        'ec2:natgateway',
        'ec2:network-interface',
        'ec2:route-table',
        'ec2:security-group',
        'ec2:subnet',
        'ec2:volume',
        'ec2:vpc',
        'ec2:vpc-endpoint',
        'elasticloadbalancing:loadbalancer',
        'elasticloadbalancing:targetgroup',
        'iam:instance-profile',
        'iam:role',
        'route53:hostedzone',
        'route53:recordset',
      ]),
    );
    expect(found.filter(({ type }) => type === 'ec2:instance')).toHaveLength(3);
    expect(await objects()).toContainEqual(expect.stringContaining(`site/`));
    const secrets = new SecretsManager(fixture().direct);
    expect((await secrets.listSecrets({})).SecretList).toHaveLength(3);
    const password = await site.cli('outputs', 'demo', '--kubeadmin-password', '--reason', 'a test');
    expect(password.stdout).toMatch(/^([A-Za-z0-9]{5}-){3}[A-Za-z0-9]{5}\n$/);

    await destroyNow(site, 'demo');
    expect(await look()).toEqual(before);
    expect(await objects()).not.toEqual([]);

    const proof = join(site.folder, 'demo.proof.json');
    writeFileSync(proof, (await site.cli('get', 'demo', '--proof')).stdout);
    const { publicKey, keyId } = JSON.parse((await site.cli('proof', 'key', '--json')).stdout);
    const verified = await verifyWithPython(fixture().python, proof, publicKey, keyId);
    expect(verified).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicate: {
        cluster: { id, infraIds: [infraId] },
        cloud: { kind: 'aws', account: '123456789012' },
        uninstall: 'succeeded',
        readBack: { found: [], regions: [REGION] },
      },
    });
    const asked = verified.predicate.readBack.asked.map(({ question }) => question);
    expect(asked).toEqual(
      expect.arrayContaining(['listing users', 'listing DNS records', 'listing buckets']),
    );
    expect(asked).toContain(`listing resources by tag in ${REGION}`);
    expect(site.overlaps()).toEqual([]);
  });

  it('L16: G2: a residue: what someone made, a public record, a role of ccoctl: DESTROY_FAILED until each is gone', async () => {
    const before = await look();
    const site = openInstallation(fixture());
    await site.start({ mode: 'real' });
    const { id, infraId } = await createReady(site, 'demo');
    const direct = fixture().direct;
    // Manual changes: a network with the tag of the cluster, a deleted private zone, the resources of `ccoctl aws create-all`.
    const vpc = await account.vpc({ ClusterId: id, Name: 'made-by-hand' });
    await losePrivateZone(direct);
    const role = `${infraId}-openshift-ingress-operator-cloud-credentials`;
    await account.role(role);

    const failed = await site.cli('destroy', 'demo', '--yes', '--wait');
    expect(failed.code).toBe(10);
    const residue = [`ec2:vpc ${vpc}`, `iam:role ${role}`, 'route53:recordset'];
    for (const part of residue) expect(failed.stderr).toContain(part);
    const shown = await site.cli('get', 'demo');
    expect(shown.stdout).toContain('DESTROY_FAILED');
    for (const part of residue) expect(shown.stdout).toContain(part);
    const left = (await look()).filter((thing) => !before.includes(thing));
    expect(left.filter((thing) => /^(vpc|role|public)/.test(thing))).toEqual([
      'public record \\052.apps.demo.labs.example.com.',
      'public record api.demo.labs.example.com.',
      `role ${role}`,
      vpc,
    ]);

    await new EC2(direct).deleteVpc({ VpcId: vpc });
    await new IAM(direct).deleteRole({ RoleName: role });
    await removeRecords(direct, publicZone);
    await destroyNow(site, 'demo');
    expect(await look()).toEqual(before);
  });

  it('G2: with the credentials of another account a destroy fails and touches nothing', async () => {
    const before = await look();
    const site = openInstallation(fixture());
    const first = await site.start({ mode: 'real' });
    await createReady(site, 'demo');
    const there = await look();
    await first.stop();

    const { Credentials } = await new STS(fixture().direct).assumeRole({
      RoleArn: 'arn:aws:iam::210987654321:role/elsewhere',
      RoleSessionName: 'test',
    });
    const second = await site.start({
      mode: 'real',
      env: {
        AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId,
        AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey,
        AWS_SESSION_TOKEN: Credentials?.SessionToken,
      },
    });
    const failed = await site.cli('destroy', 'demo', '--yes', '--wait', '--json');
    expect(failed.code).toBe(10);
    expect(JSON.parse(failed.stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'WRONG_ACCOUNT',
      message: expect.stringMatching(/210987654321.*123456789012/),
    });
    expect(await look()).toEqual(there);
    expect(JSON.parse((await site.cli('get', 'demo', '--json')).stdout)).toMatchObject({
      status: 'DESTROY_FAILED',
    });
    await second.stop();

    await site.start({ mode: 'real' });
    await destroyNow(site, 'demo');
    expect(await look()).toEqual(before);
  });

  it('G7: a worker that is killed while machines are made: the next begins in an empty account and leaves one', async () => {
    const before = await look();
    const site = openInstallation(fixture());
    const doomed = await site.start({ mode: 'real' });
    await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
    const flags = ['--profile', 'aws-minimal-test', '--region', REGION, '--json'];
    expect((await site.cli('create', 'demo', ...flags)).code).toBe(0);
    await eventually(
      'machines are made',
      async () => (await look()).some((thing) => thing.startsWith('i-')),
      { withinMs: 150_000 },
    );
    await doomed.kill();

    await site.start({ mode: 'real' });
    const ready = await site.cli('wait', 'demo', '--for', 'ready', '--timeout', '200s');
    expect(ready.code, ready.stderr).toBe(0);
    const roles = (await look()).filter((thing) => thing.startsWith('role ') && !before.includes(thing));
    const { infraId } = JSON.parse((await site.cli('get', 'demo', '--json')).stdout);
    expect(roles).toEqual([`role ${infraId}-master-role`, `role ${infraId}-worker-role`]);
    await destroyNow(site, 'demo');
    expect(await look()).toEqual(before);
    expect(site.overlaps()).toEqual([]);
  });
});

type Direct = MotoFixture['direct'];

/** Without its private zone the uninstaller cannot find the public records. */
async function losePrivateZone(direct: Direct): Promise<void> {
  const route53 = new Route53(direct);
  const { HostedZones = [] } = await route53.listHostedZones({});
  for (const { Id } of HostedZones.filter(({ Config }) => Config?.PrivateZone)) {
    await removeRecords(direct, String(Id));
    await route53.deleteHostedZone({ Id });
  }
}

async function removeRecords(direct: Direct, zone: string): Promise<void> {
  const route53 = new Route53(direct);
  const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: zone });
  for (const record of ResourceRecordSets.filter(({ Type }) => Type === 'A')) {
    await route53.changeResourceRecordSets({
      HostedZoneId: zone,
      ChangeBatch: { Changes: [{ Action: 'DELETE', ResourceRecordSet: record }] },
    });
  }
}

import { readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { type AwsCloud, awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import type { PreflightRequest } from '../../src/control-plane/clusters/clouds/cloud.ts';
import { accountOf } from './account.ts';
import { type Call, ec2Error, type Fault, jsonError, s3Error, xmlError } from './faulty-proxy.ts';
import { openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { CREDENTIALS, describeOnMoto, PREFLIGHT_REQUEST, REGION, sleeplessClock } from './kit.ts';

/** As AWS writes it: IAM User Guide, "Troubleshoot access denied error messages". */
const denied = (action: string, why: string) =>
  `User: arn:aws:iam::123456789012:user/ocpctl-worker is not authorized to perform: ${action} ${why}`;
const NO_POLICY = (action: string) =>
  denied(action, `because no identity-based policy allows the ${action} action`);
const BY_ORGANIZATION = (action: string) =>
  denied(action, 'with an explicit deny in a service control policy');

describeOnMoto('what a destroy will ask of AWS, asked before a create', (fixture) => {
  const clock = sleeplessClock();
  const open = (): AwsCloud =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      settleMs: 0,
      clock,
      random: () => 0.5,
    });
  const preflight = (over: Partial<PreflightRequest> = {}) =>
    open().preflight({ ...PREFLIGHT_REQUEST, ...over }, new AbortController().signal);
  const inject = (when: Fault['when'], status: number, body: string) =>
    fixture().proxy.inject({ when, times: 999, status, body });
  const rejectIn = (...regions: string[]) =>
    inject(
      ({ service, region }) => service === 'sts' && regions.includes(region),
      403,
      xmlError('InvalidClientTokenId'),
    );

  beforeEach(async () => {
    await accountOf(fixture().direct).zone('labs.example.com');
  });

  it('R3: G2: is permitted here: nothing is refused', async () => {
    expect((await preflight()).problems).toEqual([]);
  });

  it('R3: every action that worker-policy.json allows for it is asked for', async () => {
    await preflight();
    const policy = JSON.parse(
      readFileSync(new URL('../../deploy/aws/worker-policy.json', import.meta.url), 'utf8'),
    ) as { Statement: { Sid: string; Action: string[] }[] };
    const actions = policy.Statement.find(({ Sid }) => Sid === 'ReadBackAndPreflight')?.Action ?? [];
    expect(actions.length).toBeGreaterThan(20);
    const asked = fixture().proxy.calls.map(actionOf);
    expect(actions.filter((action) => !asked.includes(action))).toEqual([]);
  });

  it.each([
    [
      'tag:GetResources',
      'tagging',
      'us-east-1',
      jsonError('AccessDeniedException', NO_POLICY('tag:GetResources')),
    ],
    [
      'tag:GetResources',
      'tagging',
      REGION,
      jsonError('AccessDeniedException', NO_POLICY('tag:GetResources')),
    ],
    ['iam:ListRoles', 'iam', 'us-east-1', xmlError('AccessDenied', NO_POLICY('iam:ListRoles'))],
    [
      'route53:ListHostedZones',
      'route53',
      'us-east-1',
      xmlError('AccessDenied', NO_POLICY('route53:ListHostedZones')),
    ],
    ['s3:ListAllMyBuckets', 's3', 'us-east-1', s3Error('AccessDenied', NO_POLICY('s3:ListAllMyBuckets'))],
    [
      'elasticloadbalancing:DescribeTargetGroups',
      'elasticloadbalancing',
      REGION,
      xmlError('AccessDenied', NO_POLICY('elasticloadbalancing:DescribeTargetGroups')),
    ],
    [
      'ec2:DescribeNatGateways',
      'ec2',
      REGION,
      ec2Error('UnauthorizedOperation', NO_POLICY('ec2:DescribeNatGateways')),
    ],
  ])('R3: G2: no create without %s (%s in %s)', async (action, service, region, body) => {
    const name = action.split(':')[1] ?? '';
    inject(
      (call) =>
        call.service === service &&
        call.region === region &&
        (service !== 'ec2' && service !== 'elasticloadbalancing'
          ? true
          : call.text.includes(`Action=${name}`)),
      403,
      body,
    );
    const { problems } = await preflight();
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'ACCESS_DENIED',
        message: expect.stringContaining(`the worker's AWS principal is not authorized to perform ${action}`),
        hint: 'attach deploy/aws/worker-policy.json to it',
        retryable: false,
      }),
    ]);
  });

  it('R3: names all that is missing at once', async () => {
    inject(({ service }) => service === 'iam', 403, xmlError('AccessDenied'));
    inject(({ service }) => service === 's3', 403, s3Error('AccessDenied'));
    const { problems } = await preflight();
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toMatch(
      /listing roles: .*listing users: .*listing buckets: |listing buckets: /,
    );
    expect(problems[0]?.message).toContain('listing roles');
    expect(problems[0]?.message).toContain('listing buckets');
  });

  it('R3: a read-back that AWS does not answer now is tried again later', async () => {
    inject(({ service }) => service === 'tagging', 400, jsonError('ThrottlingException'));
    expect((await preflight()).problems).toEqual([
      expect.objectContaining({ code: 'CLOUD_THROTTLED', retryable: true }),
    ]);
  });

  it('R3: a policy of the organization: the policy of the worker is not blamed', async () => {
    inject(
      ({ service, region }) => service === 'tagging' && region === 'us-east-1',
      400,
      jsonError('AccessDeniedException', BY_ORGANIZATION('tag:GetResources')),
    );
    expect((await preflight()).problems).toEqual([
      {
        code: 'DENIED_BY_SERVICE_CONTROL_POLICY',
        message:
          "a destroy could not be verified: listing resources by tag in us-east-1: a service control policy does not authorize the worker's AWS principal to perform tag:GetResources (AccessDeniedException)",
        hint: 'a policy of the organization denies it: have it allow tag:GetResources for the worker, or use another region or account',
        retryable: false,
      },
    ]);
  });

  it('R3: a region that is not enabled, before a create and at a destroy', async () => {
    rejectIn('ap-east-1');
    inject(
      ({ service, region }) => service === 'tagging' && region === 'ap-east-1',
      400,
      jsonError('UnrecognizedClientException'),
    );
    const notEnabled = {
      code: 'REGION_NOT_ENABLED',
      message:
        "AWS accepts the worker's credentials in us-east-2 but not in ap-east-1: the region is not enabled in account 123456789012",
      hint: 'enable it with `aws account enable-region --region-name ap-east-1`, or use another region',
      retryable: false,
    };
    await expect(preflight({ region: 'ap-east-1' })).rejects.toMatchObject(notEnabled);
    const query = { clusterId: 'clu_1', infraIds: ['demo-4cqs4'], regions: ['ap-east-1'] };
    await expect(open().find(query, new AbortController().signal)).rejects.toMatchObject(notEnabled);
  });

  it('R3: credentials that no region accepts are still called invalid', async () => {
    rejectIn('ap-east-1', REGION, 'us-east-1');
    await expect(preflight({ region: 'ap-east-1' })).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      hint: expect.stringContaining('get-caller-identity'),
    });
  });

  it('R3: a clock that is wrong, with how wrong', async () => {
    const message =
      'Signature expired: 20261128T140000Z is now earlier than 20261128T144500Z (20261128T150000Z - 15 min.)';
    inject(({ service }) => service === 'sts', 403, xmlError('SignatureDoesNotMatch', message));
    const wrong = {
      code: 'WORKER_CLOCK_WRONG',
      message:
        'reading the caller identity: the clock of the worker is 60 minutes behind AWS (SignatureDoesNotMatch)',
      hint: expect.stringContaining('synchronize the clock'),
      retryable: true,
    };
    await expect(preflight()).rejects.toMatchObject(wrong);
    await expect(open().account()).rejects.toMatchObject(wrong);
  });

  it('R3: G2: from the command line: nothing is created where the tag API of us-east-1 is denied', async () => {
    const before = await inventory(fixture().direct);
    const site = openInstallation(fixture(), { OCPCTL_AWS_ENDPOINT: fixture().endpoint });
    await site.start({ mode: 'real' });
    inject(
      ({ service, region }) => service === 'tagging' && region === 'us-east-1',
      400,
      jsonError('AccessDeniedException', BY_ORGANIZATION('tag:GetResources')),
    );
    const flags = ['--profile', 'aws-minimal-test', '--region', REGION, '--wait', '--json'];
    const { code, stderr } = await site.cli('create', 'demo', ...flags);
    expect(code, stderr).toBe(10);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'DENIED_BY_SERVICE_CONTROL_POLICY',
      message: expect.stringContaining('tag:GetResources'),
    });
    expect(await inventory(fixture().direct)).toEqual(before);
  });
});

/** The IAM action of a call. */
function actionOf({ service, text, method }: Call): string {
  const json = / \w+\.(\w+) /.exec(text)?.[1];
  const query = /\bAction=(\w+)/.exec(text)?.[1];
  if (service === 'tagging') return `tag:${json}`;
  if (service === 'servicequotas') return `${service}:${json}`;
  if (service === 's3' && text.includes('?tagging')) return 's3:GetBucketTagging';
  if (service === 's3') return method === 'GET' && text.startsWith('/?') ? 's3:ListAllMyBuckets' : 's3:other';
  if (service === 'elasticfilesystem') return `${service}:DescribeFileSystems`;
  if (service !== 'route53') return `${service}:${query}`;
  if (text.includes('/tags/')) return 'route53:ListTagsForResource';
  if (/\/hostedzone(?:\?| )/.test(text)) return 'route53:ListHostedZones';
  return text.includes('/rrset') ? 'route53:ListResourceRecordSets' : 'route53:GetHostedZone';
}

import { IAM } from '@aws-sdk/client-iam';
import { STS } from '@aws-sdk/client-sts';
import { beforeEach, expect, it } from 'vitest';
import { awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import type { PreflightRequest } from '../../src/control-plane/clusters/clouds/cloud.ts';
import { accountOf } from './account.ts';
import { xmlError } from './faulty-proxy.ts';
import { openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { CREDENTIALS, describeOnMoto, PREFLIGHT_REQUEST, REGION, sleeplessClock } from './kit.ts';
import {
  ALLOWED,
  isSimulation,
  policySimulator,
  type SimulatedDecision,
  type SimulatedRequest,
} from './policy-simulator.ts';

const DENIED: SimulatedDecision = { decision: 'implicitDeny' };

describeOnMoto('what a destroy deletes, simulated before a create', (fixture) => {
  const preflight = (over: Partial<PreflightRequest> = {}, credentials = CREDENTIALS) =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials,
      settleMs: 0,
      clock: sleeplessClock(),
      random: () => 0.5,
    }).preflight({ ...PREFLIGHT_REQUEST, ...over }, new AbortController().signal);
  const simulate = (decide: (request: SimulatedRequest) => SimulatedDecision) =>
    fixture().proxy.inject(policySimulator(decide));
  const deny = (...actions: string[]) =>
    simulate(({ action }) => (actions.includes(action) ? DENIED : ALLOWED));
  /** The actions that are asked for a create. */
  const asked = async (over: Partial<PreflightRequest>) => {
    const seen: string[] = [];
    fixture().proxy.reset();
    simulate(({ action }) => {
      seen.push(action);
      return ALLOWED;
    });
    await preflight(over);
    return seen;
  };
  const about = (messages: readonly string[]) =>
    messages.filter((message) => message.includes('may delete what a create makes'));

  beforeEach(async () => {
    await accountOf(fixture().direct).zone('labs.example.com');
  });

  it('R3: G1: no create whose resources the worker may not delete: all missing actions at once', async () => {
    deny('ec2:DeleteVpc', 's3:DeleteBucket', 'iam:DeleteRole');
    const { problems } = await preflight({ clusterName: 'demo' });
    expect(problems).toEqual([
      {
        code: 'ACCESS_DENIED',
        message:
          "a destroy could not delete what a create makes: the worker's AWS principal is not authorized to perform ec2:DeleteVpc, iam:DeleteRole, s3:DeleteBucket",
        hint: 'allow these actions for it; docs/connect-aws.md lists what a destroy needs',
        retryable: false,
      },
    ]);
  });

  it('R3: everything permitted: two simulations for a create', async () => {
    const { problems, notes } = await preflight();
    expect([problems, about(notes)]).toEqual([[], []]);
    const pages = fixture()
      .proxy.calls.filter(isSimulation)
      .map(({ text }) => text);
    expect(pages.filter((text) => !text.includes('Marker='))).toHaveLength(2);
    expect(pages.some((text) => text.includes('Marker='))).toBe(true);
  });

  it('R3: a policy for the names of clusters, and one for a region, are sufficient', async () => {
    simulate(({ action, resource, region }) => {
      if (action.startsWith('iam:')) return resource.includes('/demo-') ? ALLOWED : DENIED;
      return action.startsWith('ec2:') && region !== REGION ? DENIED : ALLOWED;
    });
    expect((await preflight({ clusterName: 'demo' })).problems).toEqual([]);
    const { problems } = await preflight({ clusterName: 'other' });
    expect(problems).toMatchObject([{ code: 'ACCESS_DENIED' }]);
    expect(problems[0]?.message).not.toContain('ec2:');
  });

  it('R3: R17: a policy for named zones is sufficient where the zones exist, and not for a zone that the installer creates', async () => {
    const [zone, other] = ['Z0123456789ABCDEFGHIJ', 'Z9876543210ABCDEFGHIJ'];
    const asked: string[] = [];
    simulate(({ action, resource }) => {
      if (action !== 'route53:ChangeResourceRecordSets') return ALLOWED;
      asked.push(resource);
      return resource.endsWith(`/${zone}`) ? ALLOWED : DENIED;
    });
    const denied = async (over: Partial<PreflightRequest>) =>
      (await preflight({ publish: 'Internal', ...over })).problems
        .filter(({ code }) => code === 'ACCESS_DENIED')
        .map(({ message }) => message.split(' perform ')[1]);
    const role = 'arn:aws:iam::210987654321:role/zones';
    expect(await denied({ hostedZone: { id: zone } })).toEqual([]);
    expect(await denied({ hostedZone: { id: other } })).toEqual(['route53:ChangeResourceRecordSets']);
    expect(await denied({})).toEqual(['route53:ChangeResourceRecordSets']);
    asked.length = 0;
    await denied({ hostedZone: { id: other, role } }).catch(() => []);
    expect(asked).toEqual([]);
    await preflight({ publish: 'External', hostedZone: { id: zone } });
    expect(new Set(asked).size).toBe(3);
  });

  it('R3: a permissions boundary is named', async () => {
    simulate(({ action }) =>
      action === 'ec2:DeleteSubnet' ? { decision: 'implicitDeny', byBoundary: true } : ALLOWED,
    );
    expect((await preflight()).problems).toMatchObject([
      {
        code: 'ACCESS_DENIED',
        message: expect.stringMatching(/a permissions boundary does not authorize .* ec2:DeleteSubnet$/),
        hint: expect.stringContaining('permissions boundary'),
      },
    ]);
  });

  it('R3: what a simulation cannot tell is a warning: conditions, and policies of the organization', async () => {
    simulate(({ action }) => {
      if (action === 'ec2:DeleteVpc') return { decision: 'explicitDeny', byOrganization: true };
      return action === 'ec2:DeleteVolume'
        ? { decision: 'implicitDeny', missing: ['aws:ResourceTag/Team'] }
        : ALLOWED;
    });
    const { problems, notes } = await preflight();
    expect(problems).toEqual([]);
    expect(about(notes)).toEqual([
      expect.stringMatching(/a policy of the organization denies, .* ec2:DeleteVpc$/),
      expect.stringMatching(/conditions .* ec2:DeleteVolume$/),
    ]);
  });

  it('R3: a simulation that is not permitted is one warning, with what was not asked', async () => {
    fixture().proxy.inject({
      when: isSimulation,
      times: 9,
      status: 403,
      body: xmlError(
        'AccessDenied',
        'User: arn:aws:iam::123456789012:user/w is not authorized to perform: iam:SimulatePrincipalPolicy because no identity-based policy allows the iam:SimulatePrincipalPolicy action',
      ),
    });
    const { problems, notes } = await preflight();
    expect(problems).toEqual([]);
    expect(about(notes)).toEqual([
      expect.stringMatching(
        /^not checked: .*not authorized to perform iam:SimulatePrincipalPolicy .*; it needs ec2:DeleteDhcpOptions, .*s3:ListBucket$/,
      ),
    ]);
  });

  it('R3: asks what this create makes: network, zone, roles, users of the operators', async () => {
    const usual = await asked({});
    expect(usual).toEqual(
      expect.arrayContaining([
        'ec2:DeleteVpc',
        'route53:DeleteHostedZone',
        'iam:DeleteRole',
        'iam:DeleteUser',
      ]),
    );
    expect(usual).not.toContain('tag:UntagResources');
    const own = await asked({
      ownSubnets: true,
      hostedZone: { id: 'Z0123456789ABCDEFGHIJ' },
      ownIam: 'instance profiles',
      credentialsMode: 'Passthrough',
    });
    expect(own.filter((action) => action.startsWith('iam:') || /Vpc|HostedZone|Subnet/.test(action))).toEqual(
      [],
    );
    expect(own).toContain('tag:UntagResources');
    const roles = await asked({ ownIam: 'roles', credentialsMode: 'Mint' });
    expect(roles).toEqual(expect.arrayContaining(['iam:DeleteInstanceProfile', 'iam:DeleteUserPolicy']));
    expect(roles).not.toContain('iam:DeleteRole');
    expect(await asked({ ownIam: 'roles', credentialsMode: 'Manual' })).toEqual(
      expect.arrayContaining(['iam:DeleteRole', 'iam:DeleteOpenIDConnectProvider']),
    );
  });

  it('R3: the policies of a session are those of its role, whose ARN has a path', async () => {
    const { direct } = fixture();
    await new IAM(direct).createRole({ RoleName: 'worker', Path: '/ci/', AssumeRolePolicyDocument: '{}' });
    const { Credentials } = await new STS(direct).assumeRole({
      RoleArn: 'arn:aws:iam::123456789012:role/ci/worker',
      RoleSessionName: 'session',
    });
    const sources = new Set<string>();
    simulate(({ source }) => {
      sources.add(source);
      return ALLOWED;
    });
    const credentials = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    };
    const { principal, notes } = await preflight({ credentialsMode: 'Manual' }, credentials);
    expect(principal).toContain(':assumed-role/worker/session');
    expect(about(notes)).toEqual([]);
    expect([...sources]).toEqual(['arn:aws:iam::123456789012:role/ci/worker']);
  });

  it('R3: G1: from the command line: nothing is created, and server check says the same', async () => {
    const before = await inventory(fixture().direct);
    const site = openInstallation(fixture(), { OCPCTL_AWS_ENDPOINT: fixture().endpoint });
    await site.start({ mode: 'real' });
    deny('ec2:DeleteVpc');
    const flags = ['--profile', 'aws-minimal-test', '--region', REGION];
    const created = await site.cli('create', 'demo', ...flags, '--wait', '--json');
    expect(created.code, created.stderr).toBe(10);
    expect(JSON.parse(created.stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('not authorized to perform ec2:DeleteVpc'),
    });
    expect(await inventory(fixture().direct)).toEqual(before);
    const checked = await site.cli('server', 'check', '--cloud', 'aws', '--json', ...flags);
    expect(checked.code).toBe(11);
    expect(JSON.parse(checked.stdout).problems).toMatchObject([
      { code: 'ACCESS_DENIED', message: expect.stringContaining('ec2:DeleteVpc') },
    ]);
  });
});

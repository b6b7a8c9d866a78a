import { AllocateAddressCommand, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { beforeEach, expect, it } from 'vitest';
import {
  type AwsCloud,
  type AwsCloudOptions,
  awsCloud,
} from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import type { PreflightRequest } from '../../src/control-plane/clusters/clouds/cloud.ts';
import { accountOf } from './account.ts';
import { type Call, ec2Error, jsonError, xmlError } from './faulty-proxy.ts';
import { CREDENTIALS, describeOnMoto, PREFLIGHT_REQUEST, REGION, sleeplessClock } from './kit.ts';

const SESSION = { ...CREDENTIALS, sessionToken: 'a-session', expiration: new Date('2099-01-01T00:00:00Z') };
/** No test here has a session that is renewed in its HOME. */
const PROGRAM = { home: '/nonexistent', onSecret: () => {}, onProblem: () => {} };

describeOnMoto('account and preflight of AWS', (fixture) => {
  let account: ReturnType<typeof accountOf>;
  const clock = sleeplessClock();
  const open = (over: Partial<AwsCloudOptions> = {}): AwsCloud =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      settleMs: 0,
      clock,
      random: () => 0.5,
      ...over,
    });
  const preflight = (over: Partial<PreflightRequest> = {}, cloud = open()) =>
    cloud.preflight({ ...PREFLIGHT_REQUEST, ...over }, new AbortController().signal);
  /** moto has no EC2 quotas, so the proxy returns these. */
  const tellEc2Limit = (code: string, value: number) =>
    fixture().proxy.inject({
      when: ({ text }) => text.includes('.GetServiceQuota') && text.includes(code),
      times: 9,
      status: 200,
      body: JSON.stringify({ Quota: { QuotaCode: code, Value: value } }),
    });

  beforeEach(async () => {
    account = accountOf(fixture().direct);
    await account.zone('labs.example.com');
    tellEc2Limit('L-1216C47A', 64);
    tellEc2Limit('L-0263D0A3', 5);
  });

  it('knows the account and the principal', async () => {
    expect(await open().account()).toBe('123456789012');
    expect(await preflight()).toMatchObject({
      account: '123456789012',
      principal: expect.stringMatching(/^arn:aws:/),
    });
  });

  it('finds nothing wrong where there is room', async () => {
    const { quotas, problems, notes } = await preflight();
    expect(problems).toEqual([]);
    expect(notes).toEqual([]);
    expect(quotas.map(({ code, limit, used, needed }) => [code, limit, used, needed])).toEqual([
      ['L-1216C47A', 64, 0, 40],
      ['L-0263D0A3', 5, 0, 3],
      ['L-F678F1CE', 5, 1, 1],
      ['L-1B52E74A', 20, 0, 1],
    ]);
  });

  it('R2: records at or below the domain of a new cluster, also of others, refuse its create', async () => {
    const zone = await account.zone('example.com');
    await account.record(zone, 'old.demo.labs.example.com', 'A', '192.0.2.1');
    await account.alias(zone, 'api.demo.labs.example.com', 'demo-zzzzz-ext-0a1b.elb.us-east-2.amazonaws.com');
    expect((await preflight({ clusterName: 'demo' })).problems).toEqual([
      {
        code: 'DNS_RECORDS_EXIST',
        message:
          'there are DNS records at or below demo.labs.example.com already: api.demo.labs.example.com, old.demo.labs.example.com',
        hint: expect.stringContaining('use another cluster name'),
        retryable: false,
      },
    ]);
    expect((await preflight({ clusterName: 'emo' })).problems).toEqual([]);
  });

  it('lists the hosted zones of the account once', async () => {
    fixture().proxy.reset();
    await preflight({ clusterName: 'demo' });
    const isListing = ({ service, text }: Call) => service === 'route53' && /\/hostedzone(?:\?| )/.test(text);
    expect(fixture().proxy.calls.filter(isListing)).toHaveLength(1);
  });

  it('R8: chooses zones that offer the instance types, and counts one address for each', async () => {
    const addressesOf = async (over: Partial<PreflightRequest>) => {
      const { zones, quotas } = await preflight(over);
      return [zones, quotas.find(({ code }) => code === 'L-0263D0A3')?.needed];
    };
    expect(await addressesOf({})).toEqual([['us-east-2a', 'us-east-2b', 'us-east-2c'], 3]);
    const single = { replicas: 1, instanceType: 'm6i.xlarge' };
    expect(await addressesOf({ controlPlane: single })).toEqual([['us-east-2a'], 1]);
    // Two zones, with three of five addresses in use: two are needed and free.
    const west = accountOf({ ...fixture().direct, region: 'us-west-1' });
    for (let i = 0; i < 3; i++) await west.ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
    const report = await preflight({ region: 'us-west-1' });
    expect(report.problems).toEqual([]);
    expect(report.zones).toEqual(['us-west-1a', 'us-west-1b']);
    // Six zones, of which three are used.
    expect(await addressesOf({ region: 'us-east-1' })).toEqual([expect.objectContaining({ length: 3 }), 3]);
  });

  it('R8: an instance type that the region lacks is refused, with similar ones that it has', async () => {
    const workers = { replicas: 3, instanceType: 'm99i.2xlarge' };
    const { problems, zones } = await preflight({ workers });
    expect(zones).toBeUndefined();
    expect(problems).toContainEqual({
      code: 'INSTANCE_TYPE_UNAVAILABLE',
      message: 'm99i.2xlarge is not offered in us-east-2',
      hint: expect.stringMatching(/^the region has, for example, .*m\d\w*\.2xlarge/),
      retryable: false,
    });
    // A pool without machines needs no type.
    expect((await preflight({ workers: { ...workers, replicas: 0 } })).problems).toEqual([]);
  });

  it('R17: spot workers count for the quota of Spot instances, beside those that run and those requested', async () => {
    const workers = { replicas: 3, instanceType: 'm6i.2xlarge' };
    const figures = async (spot: boolean) =>
      (await preflight({ workers: { ...workers, spot } })).quotas
        .filter(({ code }) => code !== 'L-F678F1CE' && code !== 'L-1B52E74A')
        .map(({ code, used, needed }) => [code, used, needed]);
    // 8 vCPUs each.
    expect(await figures(false)).toEqual([
      ['L-1216C47A', 0, 40],
      ['L-0263D0A3', 0, 3],
    ]);
    tellEc2Limit('L-34B43A08', 30);
    await account.ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-12c6146b',
        InstanceType: 'm6i.xlarge',
        MinCount: 1,
        MaxCount: 1,
        InstanceMarketOptions: { MarketType: 'spot' },
      }),
    );
    fixture().proxy.inject({
      when: ({ text }) => text.includes('Action=DescribeSpotInstanceRequests') && text.includes('open'),
      times: 9,
      status: 200,
      body: `<r><spotInstanceRequestSet>
        <item><launchSpecification><instanceType>m6i.xlarge</instanceType></launchSpecification></item>
        <item><launchSpecification><instanceType>p3.2xlarge</instanceType></launchSpecification></item>
      </spotInstanceRequestSet></r>`,
    });
    expect(await figures(true)).toEqual([
      ['L-1216C47A', 0, 16],
      ['L-34B43A08', 8, 24],
      ['L-0263D0A3', 0, 3],
    ]);
    expect((await preflight({ workers: { ...workers, spot: true } })).problems).toEqual([
      {
        code: 'QUOTA_SHORTFALL',
        message: 'vCPUs of standard Spot instances in us-east-2: 24 needed, 22 of 30 free',
        hint: expect.stringContaining('quota L-34B43A08 in us-east-2'),
        retryable: false,
      },
    ]);
  });

  it('R17: further pools count for the quotas, on-demand and spot', async () => {
    tellEc2Limit('L-34B43A08', 8);
    const pools = [
      { name: 'infra', replicas: 2, instanceType: 'm6i.xlarge' },
      { name: 'build', replicas: 3, instanceType: 'm6i.xlarge', spot: true },
    ];
    const { quotas, problems } = await preflight({ pools });
    const needed = (code: string) => quotas.find((quota) => quota.code === code)?.needed;
    expect([needed('L-1216C47A'), needed('L-34B43A08')]).toEqual([48, 12]);
    expect(problems).toMatchObject([
      {
        code: 'QUOTA_SHORTFALL',
        message: `vCPUs of standard Spot instances in ${REGION}: 12 needed, 8 of 8 free`,
      },
    ]);
  });

  it('R17: the zones and the type of a pool are checked before anything is created', async () => {
    const pool = (over: object) => [
      { name: 'edge', replicas: 1, instanceType: 'm6i.xlarge', zones: [`${REGION}-bos-1a`], ...over },
    ];
    const { problems } = await preflight({ pools: pool({}) });
    expect(problems).toMatchObject([
      {
        code: 'INSTANCE_TYPE_UNAVAILABLE',
        message: `the pool edge is in ${REGION}-bos-1a, which the account does not have in ${REGION}`,
        hint: expect.stringContaining('modify-availability-zone-group'),
        retryable: false,
      },
    ]);
    expect((await preflight({ pools: pool({ name: 'infra', zones: [`${REGION}a`] }) })).problems).toEqual([]);
    const missing = await preflight({
      pools: pool({ name: 'infra', instanceType: 'x9.large', zones: undefined }),
    });
    expect(missing.problems).toMatchObject([{ message: `x9.large is not offered in ${REGION}` }]);
  });

  it('R17: zones of the profile are used as they are, and refused if they do not offer the instance types', async () => {
    const named = ['us-east-2c', 'us-east-2a'];
    const { zones, quotas } = await preflight({ zones: named });
    expect([zones, quotas.find(({ code }) => code === 'L-0263D0A3')?.needed]).toEqual([named, 2]);
    const { problems } = await preflight({ zones: ['us-east-2a', 'us-east-2z'] });
    expect(problems).toMatchObject([
      {
        code: 'INSTANCE_TYPE_UNAVAILABLE',
        message: expect.stringContaining('the zones us-east-2z of the profile are not available'),
        hint: 'these do: us-east-2a, us-east-2b, us-east-2c',
      },
    ]);
  });

  it('R8: zones that cannot be read are left to the installer, with a note', async () => {
    fixture().proxy.inject({
      when: ({ text }) => text.includes('DescribeAvailabilityZones'),
      status: 403,
      body: ec2Error('UnauthorizedOperation'),
    });
    const { zones, problems, notes } = await preflight();
    expect([zones, problems]).toEqual([undefined, []]);
    expect(notes).toEqual([expect.stringContaining('not checked: the zones of us-east-2')]);
  });

  it('counts what is used, and refuses a proven shortfall with its figures', async () => {
    for (let i = 0; i < 4; i++) await account.vpc();
    const vpc = await account.vpc();
    await account.instance(await account.subnet(vpc));
    await account.ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-12c6146b',
        InstanceType: 'm5.12xlarge',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    // From a family with its own quota.
    await account.ec2.send(
      new RunInstancesCommand({
        ImageId: 'ami-12c6146b',
        InstanceType: 'p3.2xlarge',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    const { problems } = await preflight();
    expect(problems).toEqual([
      expect.objectContaining({
        code: 'QUOTA_SHORTFALL',
        message: 'vCPUs of running on-demand standard instances in us-east-2: 40 needed, 12 of 64 free',
        retryable: false,
      }),
      expect.objectContaining({ message: 'VPCs in us-east-2: 1 needed, -1 of 5 free' }),
    ]);
    expect((await preflight({ ownSubnets: true })).problems).toHaveLength(1);
  });

  it('G18: creates under way have taken what they will need', async () => {
    const { problems } = await preflight({ createsInFlight: 1 });
    expect(problems.map(({ code, retryable }) => [code, retryable])).toEqual([
      ['QUOTA_RESERVED', true],
      ['QUOTA_RESERVED', true],
    ]);
    expect(problems[0]?.message).toContain(
      '40 needed, 64 of 64 free, reserved for another create in progress',
    );
  });

  it('what cannot be looked up is noted and blocks no one', async () => {
    fixture().proxy.reset();
    fixture().proxy.inject({
      when: ({ service }) => service === 'servicequotas',
      times: 99,
      status: 403,
      body: jsonError('AccessDeniedException'),
    });
    const { problems, notes } = await preflight();
    expect(problems).toEqual([]);
    expect(notes).toHaveLength(4);
    expect(notes.join()).toContain('L-F678F1CE');
  });

  it('misses the zone of the base domain; a zone of part of the name will not do', async () => {
    await account.zone('dev.example.com', await account.vpc());
    for (const baseDomain of ['example.com', 'abs.example.com', 'dev.example.com']) {
      expect((await preflight({ baseDomain })).problems).toEqual([
        expect.objectContaining({
          code: 'BASE_DOMAIN_ZONE_MISSING',
          message: expect.stringContaining(baseDomain),
        }),
      ]);
    }
    expect((await preflight({ baseDomain: 'dev.example.com', publish: 'Internal' })).problems).toEqual([]);
  });

  it('explains credentials that AWS does not accept, before anything else', async () => {
    fixture().proxy.inject({
      when: ({ service }) => service === 'sts',
      status: 403,
      body: xmlError('InvalidClientTokenId'),
    });
    await expect(open().account()).rejects.toMatchObject({
      code: 'CREDENTIALS_INVALID',
      retryable: false,
      hint: expect.stringContaining('get-caller-identity'),
    });
    fixture().proxy.inject({
      when: ({ service }) => service === 'sts',
      status: 403,
      body: xmlError('ExpiredToken'),
    });
    await expect(preflight()).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' });
  });

  it('explains that there are no credentials', async () => {
    const credentials = async () => {
      throw Object.assign(new Error('none'), { name: 'CredentialsProviderError' });
    };
    const missing = { code: 'CREDENTIALS_MISSING', hint: expect.stringContaining('AWS_ACCESS_KEY_ID') };
    await expect(open({ credentials }).account()).rejects.toMatchObject(missing);
    await expect(
      open({ credentials }).installerCredentials({ command: 'create' }, PROGRAM),
    ).rejects.toMatchObject(missing);
    await expect(preflight({}, open({ credentials }))).rejects.toMatchObject(missing);
  });

  it('tells a network without a way out from wrong credentials', async () => {
    const cloud = open({ endpoint: 'http://127.0.0.1:9' });
    await expect(cloud.account()).rejects.toMatchObject({ code: 'CLOUD_UNAVAILABLE', retryable: true });
  });

  it('gives the installer values in its environment and nothing else', async () => {
    expect(await open().installerCredentials({ command: 'create' }, PROGRAM)).toMatchObject({
      credentials: {
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
        AWS_REGION: REGION,
      },
      extra: { AWS_ENDPOINT_URL: fixture().endpoint },
    });
  });

  it('refuses session credentials for a create in a mode that the installer refuses them in', async () => {
    const cloud = open({ credentials: SESSION });
    const unsuitable = { code: 'CREDENTIALS_UNSUITABLE', hint: expect.stringContaining('Manual') };
    await expect(cloud.installerCredentials({ command: 'create' }, PROGRAM)).rejects.toMatchObject(
      unsuitable,
    );
    await expect(
      cloud.installerCredentials({ command: 'create', credentialsMode: 'Mint' }, PROGRAM),
    ).rejects.toMatchObject(unsuitable);
    const manual = await cloud.installerCredentials(
      { command: 'create', credentialsMode: 'Manual' },
      PROGRAM,
    );
    expect(manual.credentials).toMatchObject({ AWS_SESSION_TOKEN: 'a-session' });
    expect((await cloud.installerCredentials({ command: 'destroy' }, PROGRAM)).credentials).toEqual(
      manual.credentials,
    );
    const report = await preflight({}, cloud);
    expect(report.problems.map(({ code }) => code)).toEqual(['CREDENTIALS_UNSUITABLE']);
    expect((await preflight({ credentialsMode: 'Manual' }, cloud)).problems).toEqual([]);
  });
});

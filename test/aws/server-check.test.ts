import { beforeEach, expect, it } from 'vitest';
import { accountOf } from './account.ts';
import { jsonError } from './faulty-proxy.ts';
import { openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { describeOnMoto, REGION } from './kit.ts';

describeOnMoto('ocpctl server check', (fixture) => {
  const ARGS = ['server', 'check', '--cloud', 'aws', '--region'];
  const host = (settings: NodeJS.ProcessEnv = {}) =>
    openInstallation(fixture(), { OCPCTL_AWS_ENDPOINT: fixture().endpoint, ...settings });
  const denyTagApi = () =>
    fixture().proxy.inject({
      when: ({ service, region }) => service === 'tagging' && region === 'us-east-1',
      times: 99,
      status: 400,
      body: jsonError(
        'AccessDeniedException',
        'User: arn:aws:iam::123456789012:user/w is not authorized to perform: tag:GetResources with an explicit deny in a service control policy',
      ),
    });

  beforeEach(async () => {
    await accountOf(fixture().direct).zone('labs.example.com');
    // moto has no quotas of EC2.
    fixture().proxy.inject({
      when: ({ text }) => text.includes('.GetServiceQuota'),
      times: 99,
      status: 200,
      body: JSON.stringify({ Quota: { Value: 500 } }),
    });
  });

  it('R3: finds no problem, without a server: exit code 0, nothing created', async () => {
    const before = await inventory(fixture().direct);
    const { code, stdout, stderr } = await host().cli(...ARGS, REGION, '--json');
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      cloud: 'aws',
      region: REGION,
      account: '123456789012',
      principal: expect.stringContaining('arn:aws:'),
      profiles: expect.arrayContaining(['aws-minimal-test']),
      problems: [],
    });
    const shown = await host().cli(...ARGS, REGION, '--profile', 'aws-minimal-test');
    expect(shown.stdout).toMatch(/Account +123456789012/);
    expect(shown.stdout).toContain('none');
    expect(await inventory(fixture().direct)).toEqual(before);
  });

  it('R3: shows each problem with its remedy and its profiles: exit code 11', async () => {
    denyTagApi();
    const { code, stdout, stderr } = await host().cli(...ARGS, REGION, '--json');
    expect(code).toBe(11);
    const { problems, profiles } = JSON.parse(stdout);
    expect(problems).toEqual([
      {
        code: 'DENIED_BY_SERVICE_CONTROL_POLICY',
        message: expect.stringContaining('tag:GetResources'),
        hint: expect.stringContaining('another region or account'),
        retryable: false,
        profiles,
      },
    ]);
    expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
      code: 'PROBLEMS_FOUND',
      message: `1 problem in aws ${REGION}`,
    });
    const shown = await host().cli(...ARGS, REGION, '--profile', 'aws-minimal-test');
    expect(shown.code).toBe(11);
    expect(shown.stdout).toMatch(/Fix +a policy of the organization denies it/);
  });

  it('R3: a host without credentials has a problem too', async () => {
    const site = host({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    const { code, stdout } = await site.cli(...ARGS, REGION, '--profile', 'aws-minimal-test', '--json');
    expect(code).toBe(11);
    expect(JSON.parse(stdout)).toMatchObject({ account: null, problems: [{ code: 'CREDENTIALS_MISSING' }] });
  });

  it('R3: a region and a profile that do not exist: what does', async () => {
    const region = await host().cli(...ARGS, 'mars-north-1');
    expect(region.code).toBe(2);
    expect(region.stderr).toContain('no profile offers the region "mars-north-1"');
    expect(region.stderr).toContain(REGION);
    const typo = await host().cli(...ARGS, 'us-est-2');
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining('did you mean us-east-2?')]);
    const profile = await host().cli(...ARGS, REGION, '--profile', 'aws-moon');
    expect(profile.code).toBe(2);
    expect(profile.stderr).toContain('no profile "aws-moon" for aws');
    expect(profile.stderr).toContain('aws-minimal-test');
  });
});

import { describe, expect, test } from 'vitest';
import { configuredPrincipals } from '../../../../src/control-plane/kernel/access/configured-principals.ts';
import {
  principalOfCaller,
  principalOfRoleArn,
} from '../../../../src/control-plane/kernel/access/principal.ts';

const A = '111122223333';

describe('S20: n1–n3: whom an ARN of GetCallerIdentity names', () => {
  test.each([
    [`arn:aws:sts::${A}:assumed-role/deployer/i-0abc`, `role:${A}:deployer`, 'i-0abc'],
    [`arn:aws-cn:sts::${A}:assumed-role/deployer/x1`, `role:${A}:deployer`, 'x1'],
    [
      `arn:aws-us-gov:sts::${A}:assumed-role/a+b=c,d.e@f-g_h/me@example.com`,
      `role:${A}:a+b=c,d.e@f-g_h`,
      'me@example.com',
    ],
    [`arn:aws:sts::${A}:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/ann`, `sso:${A}:Dev`, 'ann'],
    [`arn:aws:sts::${A}:assumed-role/AWSReservedSSO_My_Set_0123456789abcdef/ann`, `sso:${A}:My_Set`, 'ann'],
    // Not quite what Identity Center makes: a plain role, never a permission set.
    [
      `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_Dev_0123456789abcde/ann`,
      `role:${A}:AWSReservedSSO_Dev_0123456789abcde`,
      'ann',
    ],
    [
      `arn:aws:sts::${A}:assumed-role/AWSReservedSSO_Dev_0123456789ABCDEF/ann`,
      `role:${A}:AWSReservedSSO_Dev_0123456789ABCDEF`,
      'ann',
    ],
    [
      `arn:aws:sts::${A}:assumed-role/xAWSReservedSSO_Dev_0123456789abcdef/ann`,
      `role:${A}:xAWSReservedSSO_Dev_0123456789abcdef`,
      'ann',
    ],
    [`arn:aws:iam::${A}:user/ann`, `user:${A}:ann`, undefined],
    [`arn:aws:iam::${A}:user/staff/berlin/ann`, `user:${A}:staff/berlin/ann`, undefined],
  ])('%s', (arn, principal, claimedSession) => {
    const found = principalOfCaller(arn);
    expect([found?.principal, found?.claimedSession, found?.account]).toEqual([principal, claimedSession, A]);
  });

  test.each([
    `arn:aws:iam::${A}:root`,
    `arn:aws:sts::${A}:federated-user/ann`,
    `arn:aws:iam::${A}:role/deployer`,
    `arn:aws:sts::${A}:assumed-role/deployer`,
    `arn:aws:sts::${A}:assumed-role/deployer/a/b`,
    `arn:aws:sts::${A}:assumed-role/deployer/`,
    `arn:aws:sts::${A}:assumed-role//ann`,
    `arn:aws:sts::11112222333:assumed-role/deployer/ann`,
    `arn:aws:iam::${A}:user/`,
    `arn:aws:sts::${A}:user/ann`,
    `arn:aws-eu:iam::${A}:user/ann`,
    `ARN:aws:iam::${A}:user/ann`,
    ` arn:aws:iam::${A}:user/ann`,
    `arn:aws:iam::${A}:user/ann\n`,
    `arn:aws:iam::${A}:user/a nn`,
    `arn:aws:iam::${A}:user/${'long/'.repeat(60)}ann`,
    '',
  ])('no one: %j', (arn) => {
    expect(principalOfCaller(arn)).toBeUndefined();
  });

  test('one role under two sessions is one principal', () => {
    const [a, b] = ['ann', 'bob'].map((name) =>
      principalOfCaller(`arn:aws:sts::${A}:assumed-role/dev/${name}`),
    );
    expect(a?.principal).toBe(b?.principal);
  });

  test('the path of a role is lost, as STS does not tell it', () => {
    expect(principalOfRoleArn(`arn:aws:iam::${A}:role/team/x/deployer`)).toMatchObject({
      principal: `role:${A}:deployer`,
      path: 'team/x/',
    });
    expect(
      principalOfRoleArn(
        `arn:aws:iam::${A}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Dev_0123456789abcdef`,
      ),
    ).toMatchObject({ principal: `sso:${A}:Dev` });
  });
});

describe('S20: n4: principals as an operator writes them', () => {
  test('short forms stay, ARNs become one, and a lost path is said', () => {
    expect(
      configuredPrincipals([
        `role:${A}:ci`,
        `arn:aws:iam::${A}:role/deployer`,
        `arn:aws:iam::${A}:role/x/ops`,
      ]),
    ).toEqual({
      principals: [`role:${A}:ci`, `role:${A}:deployer`, `role:${A}:ops`],
      warnings: [expect.stringContaining(`using role:${A}:ops`)],
    });
  });

  test('two that are one after that are refused', () => {
    expect(() =>
      configuredPrincipals([`arn:aws:iam::${A}:role/a/ops`, `arn:aws:iam::${A}:role/b/ops`]),
    ).toThrow(`principal role:${A}:ops is configured twice`);
  });

  test.each(['ann', `role:123:ops`, `arn:aws:iam::${A}:root`, `role:${A}:`])('%s is none', (text) => {
    expect(() => configuredPrincipals([text])).toThrow('invalid principal');
  });
});

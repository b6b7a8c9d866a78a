import { afterAll, beforeAll, expect, test } from 'vitest';
import { newName, postCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('root', 'platform_admin@*');
  await installation.person('ann', 'requester@payments');
});
afterAll(() => installation.stop());

const create = async (body: Readonly<Record<string, unknown>>) => {
  const { status, text } = await postCluster(server, admin, body);
  return { status, warnings: JSON.parse(text).warnings };
};

test('a create for a team that no grant and no cluster names is accepted with a warning, which its dry run has too', async () => {
  const typo = ['the team "paymnts" is new, no grant and no job names it: did you mean "payments"?'];
  const plan = await call(server, admin, {
    method: 'POST',
    target: '/v1/clusters?dryRun=true',
    body: { name: newName(), profile: 'aws-minimal-test', team: 'paymnts' },
  });
  expect(JSON.parse(plan.text).warnings).toEqual(typo);
  expect(await create({ team: 'paymnts' })).toEqual({ status: 202, warnings: typo });
  expect(await create({ team: 'paymnts' })).toEqual({ status: 202, warnings: undefined });
  expect(await create({ team: 'research' })).toEqual({
    status: 202,
    warnings: ['the team "research" is new, no grant and no job names it'],
  });
});

test('no warning of a team with a grant, and none when the request names no team', async () => {
  expect(await create({ team: 'payments' })).toEqual({ status: 202, warnings: undefined });
  expect(await create({})).toEqual({ status: 202, warnings: undefined });
});

test.each([
  ['/v1/offhours', { timezone: 'UTC', start: '08:00', end: '19:00', days: ['mon'] }],
  ['/v1/admin/budgets', { monthly: 10 }],
  ['/v1/admin/notifications', { kind: 'sns', url: 'arn:aws:sns:eu-west-1:123456789012:ocpctl' }],
])(
  '%s of a team that none names is set with the same warning, which its dry run has too',
  async (path, body) => {
    const warningsOf = async (team: string, query = '') => {
      const headers = { 'idempotency-key': newKey() };
      const target = `${path}${query}`;
      const name = path === '/v1/admin/notifications' ? { name: `for-${team}` } : {};
      const sent = { team, ...name, ...body };
      const answer = await call(server, admin, { method: 'POST', target, headers, body: sent });
      return [answer.status < 300, JSON.parse(answer.text).warnings];
    };
    const typo = ['the team "paymens" is new, no grant and no job names it: did you mean "payments"?'];
    expect(await warningsOf('paymens', '?dryRun=true')).toEqual([true, typo]);
    expect(await warningsOf('paymens')).toEqual([true, typo]);
    expect(await warningsOf('payments')).toEqual([true, undefined]);
  },
);

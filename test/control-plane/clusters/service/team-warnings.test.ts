import { afterAll, beforeAll, expect, test } from 'vitest';
import { newName, postCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call } from '../../http/kit/requests.ts';
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
  const typo = [
    'the team "paymnts" is new, no grant and no other cluster names it: did you mean "payments"?',
  ];
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
    warnings: ['the team "research" is new, no grant and no other cluster names it'],
  });
});

test('no warning of a team with a grant, and none when the request names no team', async () => {
  expect(await create({ team: 'payments' })).toEqual({ status: 202, warnings: undefined });
  expect(await create({})).toEqual({ status: 202, warnings: undefined });
});

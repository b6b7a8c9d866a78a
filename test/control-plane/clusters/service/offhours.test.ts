import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

const HOURS = { timezone: 'Europe/Berlin', start: '08:00', end: '19:00', days: ['mon', 'fri'] };

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;
let other: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
  admin = await installation.person('lead', 'platform_admin@a');
  other = await installation.person('other', 'platform_admin@b');
});
afterAll(() => installation.stop());

const send = (person: Person, method: string, target: string, body?: object) =>
  call(server, person, { method, target, headers: { 'idempotency-key': newKey() }, body });
const set = (person: Person, changes = {}, query = '') =>
  send(person, 'POST', `/v1/offhours${query}`, { team: 'a', ...HOURS, ...changes });
const show = (person: Person) => call(server, person, { target: '/v1/offhours?team=a' });

test('an admin of the team sets, changes and clears its hours; what is not given of the holidays stays', async () => {
  const plan = await set(admin, { holidays: ['2099-01-01'] }, '?dryRun=true');
  expect(JSON.parse(plan.text)).toMatchObject({ holidays: ['2099-01-01'], updatedBy: 'local:lead' });
  expect((await show(ann)).status).toBe(404);
  await set(admin, { holidays: ['2099-01-02', '2099-01-01', '2099-01-02'] });
  const changed = await set(admin, { end: '18:00' });
  const expected = { ...HOURS, end: '18:00', holidays: ['2099-01-01', '2099-01-02'], clusters: 0 };
  expect(JSON.parse(changed.text)).toMatchObject(expected);
  const { next, ...shown } = JSON.parse((await show(ann)).text);
  expect(shown).toMatchObject(expected);
  expect(next).toHaveLength(3);
  expect(next[0].local).toMatch(/T(08|18):00:00\+0[12]:00$/);
  expect((await send(admin, 'DELETE', '/v1/offhours?team=a')).status).toBe(200);
  expect((await send(admin, 'DELETE', '/v1/offhours?team=a')).status).toBe(404);
});

test('G14: for who has no role in the team it does not exist; who is not its admin is told so', async () => {
  await set(admin);
  expect([(await show(other)).status, (await set(other)).status]).toEqual([404, 404]);
  expect((await send(other, 'DELETE', '/v1/offhours?team=a')).status).toBe(404);
  const both = await installation.person('both', 'platform_admin@b', 'requester@a');
  expect([(await set(ann)).status, (await set(both)).status]).toEqual([403, 403]);
});

test.each([
  [{ timezone: 'EST' }, 'timezone', '"EST" is not a time zone: use UTC, or a name such as Europe/Berlin'],
  [{ end: '08:00' }, 'end', '08:00-08:00 has no length'],
  [{ holidays: ['2099-02-30'] }, 'holidays.0', '"2099-02-30" is not a date'],
])('G12: %j is refused with what to use', async (changes, field, message) => {
  for (const query of ['', '?dryRun=true']) {
    const problem = parseProblem(await set(admin, changes, query));
    expect(problem).toMatchObject({ status: 422, code: 'POLICY_VIOLATION' });
    expect(problem.errors).toMatchObject([{ field, message: expect.stringContaining(message) }]);
  }
});

describe('an opt-in', () => {
  test('G12: that the profile does not permit is refused at once, with the reason', async () => {
    const { cluster } = await createCluster(server, ann, { profile: 'aws-standard' });
    const optIn = await send(ann, 'POST', `/v1/clusters/${cluster.id}/offhours`, { optIn: true });
    const create = await send(ann, 'POST', '/v1/clusters', {
      ...{ name: 'night', profile: 'aws-standard', offhours: true },
    });
    for (const answer of [optIn, create]) {
      const problem = parseProblem(answer);
      expect(problem).toMatchObject({ status: 422, code: 'POLICY_VIOLATION' });
      expect(problem.errors).toMatchObject([
        { field: 'offhours', message: expect.stringContaining('ingress, console and login stop') },
      ]);
    }
  });

  test('outside of the hours, or without hours, warns at create', async () => {
    const warningsOf = async () =>
      JSON.parse(
        (
          await send(ann, 'POST', '/v1/clusters?dryRun=true', {
            ...{ name: 'night', profile: 'aws-minimal-test', workers: 1, offhours: true },
          })
        ).text,
      ).warnings;
    await send(admin, 'DELETE', '/v1/offhours?team=a');
    expect(await warningsOf()).toEqual([expect.stringContaining('team a has no off-hours yet')]);
    const today = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][new Date().getUTCDay()];
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].filter((day) => day !== today);
    await set(admin, { timezone: 'UTC', days });
    expect(await warningsOf()).toEqual([expect.stringContaining('outside of the working hours of team a')]);
  });

  test('G14: of another team is 404, of a destroyed cluster a conflict', async () => {
    const { cluster } = await createCluster(server, ann, {});
    const target = `/v1/clusters/${cluster.id}/offhours`;
    expect((await send(other, 'POST', target, { optIn: true })).status).toBe(404);
    expect((await send(ann, 'POST', target, { optIn: true })).status).toBe(200);
    await send(ann, 'POST', `/v1/clusters/${cluster.id}/destroy`);
    expect(parseProblem(await send(ann, 'POST', target, { optIn: false }))).toMatchObject({ status: 409 });
  });
});

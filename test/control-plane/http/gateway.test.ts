import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatewayAddresses } from '../../../src/control-plane/http/gateway-identity.ts';
import { insertGrant } from '../../../src/control-plane/kernel/access/grants.sql.ts';
import { serverConfig } from '../../../src/control-plane/settings/server-config.ts';
import { createTestInstallation, type TestInstallation } from './kit/installation.ts';
import { call, exchange, expectUnauthenticated, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

const ACCOUNT = '111122223333';
const ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`;
const HEADER = 'x-amzn-lattice-identity';

let installation: TestInstallation;
/** Behind a gateway on this machine, behind one elsewhere, and behind none. */
let behind: TestServer;
let elsewhere: TestServer;
let without: TestServer;

beforeAll(async () => {
  installation = await createTestInstallation();
  const policy = { header: HEADER, accounts: new Set([ACCOUNT]) };
  [behind, elsewhere, without] = await Promise.all([
    installation.server({
      modes: ['local', 'gateway'],
      gateway: { ...policy, isGateway: gatewayAddresses(['127.0.0.0/8']) },
    }),
    installation.server({
      modes: ['local', 'gateway'],
      gateway: { ...policy, isGateway: gatewayAddresses(['10.0.0.0/8']) },
    }),
    installation.server({
      modes: ['local'],
      gateway: { ...policy, isGateway: gatewayAddresses(['127.0.0.0/8']) },
    }),
  ]);
  await installation.db.query(insertGrant, {
    principal: `role:${ACCOUNT}:dev`,
    role: 'requester',
    team: 'a',
    uniqueId: null,
    grantedBy: 'test',
  });
});
afterAll(() => installation.stop());

const ask = (server: TestServer, headers: Record<string, string>, target = '/v1/whoami') =>
  exchange(server, { method: 'GET', target, headers });

describe('behind a gateway', () => {
  test.each([
    ARN,
    `Principal=${ARN};PrincipalOrgID=o-1;SessionName=ann`,
    `PrincipalOrgID=o-1; Principal=${ARN}`,
    `arn:aws:iam::${ACCOUNT}:role/team/dev`,
  ])('G13: whom it names is let in: %s', async (identity) => {
    const answer = await ask(behind, { [HEADER]: identity });
    expect(JSON.parse(answer.text)).toMatchObject({
      principal: `role:${ACCOUNT}:dev`,
      authMode: 'gateway',
      grants: [{ role: 'requester', team: 'a' }],
    });
  });

  test.each([
    '',
    'ann',
    'Principal=ann',
    `Principal=${ARN};Principal=arn:aws:iam::${ACCOUNT}:user/root`,
    `arn:aws:iam::${ACCOUNT}:root`,
    `${ARN}, arn:aws:iam::${ACCOUNT}:user/bob`,
    `Principal=${'x'.repeat(5000)}`,
  ])('a name that is none is 401: %.60s', async (identity) => {
    expectUnauthenticated(await ask(behind, { [HEADER]: identity }));
  });

  test('S14: the header twice is 400', async () => {
    const { port } = new URL(behind.url);
    const { request } = await import('node:http');
    const status = await new Promise((resolve, reject) => {
      const outgoing = request({
        port,
        path: '/v1/whoami',
        headers: [HEADER, ARN, HEADER.toUpperCase(), ARN, 'host', 'x'],
      });
      outgoing.on('response', (response) => resolve(response.resume().statusCode));
      outgoing.on('error', reject);
      outgoing.end();
    });
    expect(status).toBe(400);
  });

  test('S15: its targets are as strict as signed ones', async () => {
    expect((await ask(behind, { [HEADER]: ARN }, '/v1//whoami')).status).toBe(400);
    expect((await ask(behind, { [HEADER]: ARN }, '/v1/clusters?limit=1&limit=2')).status).toBe(400);
  });

  test('L8: a request for another host is 401, as after DNS rebinding', async () => {
    expectUnauthenticated(await ask(behind, { [HEADER]: ARN, host: 'evil.example' }));
  });

  test('another account is 403', async () => {
    const identity = 'arn:aws:sts::999999999999:assumed-role/dev/ann';
    expect(parseProblem(await ask(behind, { [HEADER]: identity }))).toMatchObject({
      code: 'ACCOUNT_NOT_ALLOWED',
    });
  });

  test('who passes it by signs, as everywhere', async () => {
    const person = await installation.person('signs');
    expect(JSON.parse((await call(behind, person, { target: '/v1/whoami' })).text).authMode).toBe('local');
    expectUnauthenticated(await ask(behind, {}));
  });
});

describe('S22: G13: the header from anybody else says nothing', () => {
  test.each(['elsewhere', 'without'] as const)(
    '%s: unsigned it is 401, signed it is ignored',
    async (which) => {
      const server = { elsewhere, without }[which];
      expectUnauthenticated(await ask(server, { [HEADER]: ARN }));
      const person = await installation.person(`signs-${which}`);
      const answer = await call(server, person, { target: '/v1/whoami', headers: { [HEADER]: ARN } });
      expect(JSON.parse(answer.text)).toMatchObject({ principal: `local:signs-${which}`, authMode: 'local' });
    },
  );
});

describe('addresses of a gateway', () => {
  test.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.168.0.7', true],
    ['192.168.0.8', false],
    ['fd00::1', true],
    ['fe80::1', false],
    ['', false],
  ])('%s: %s', (address, expected) => {
    expect(gatewayAddresses(['10.0.0.0/8', '192.168.0.7', 'fd00::/8'])(address)).toBe(expected);
  });

  test.each(['ten', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/'])('%s is none', (network) => {
    expect(() => gatewayAddresses([network])).toThrow('invalid address or network');
  });
});

describe('S31: settings that would open a gate are refused', () => {
  const base = { sandbox: true, dataDir: '/nowhere' };
  test.each([
    [{ auth: ['gateway' as const] }, /no AWS account is allowed/],
    [{ auth: ['sts' as const] }, /no AWS account is allowed/],
    [
      { auth: ['gateway' as const], awsAccounts: [ACCOUNT], host: '0.0.0.0', insecureHttp: true },
      /can be reached without the gateway/,
    ],
    [{ auth: ['sts' as const], awsAccounts: ['123'] }, /12 digits/],
    [{ auth: ['sts' as const], awsAccounts: [ACCOUNT], sessionMinutes: 60 }, /sessionMinutes/],
    [{ auth: ['sts' as const], awsAccounts: [ACCOUNT], stsEndpoint: 'http://sts.example.com' }, /over https/],
    [{ auth: [] }, /auth/],
  ])('%j', (settings, message) => {
    expect(() => serverConfig({ ...base, ...settings }, {})).toThrow(message);
  });

  test('gateway on a public address with the addresses of the gateway, and on loopback without', () => {
    const gateway = { ...base, auth: ['gateway' as const], awsAccounts: [ACCOUNT] };
    expect(serverConfig(gateway, {}).auth).toEqual(['gateway']);
    const open = { ...gateway, host: '0.0.0.0', insecureHttp: true };
    expect(serverConfig(open, { OCPCTL_TRUSTED_PROXIES: '10.0.0.0/8' }).trustedProxies).toEqual([
      '10.0.0.0/8',
    ]);
  });
});

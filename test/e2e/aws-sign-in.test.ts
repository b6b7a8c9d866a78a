import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiClient } from '../../src/client/api-client.ts';
import { schemaProblem } from '../commands/support/output-schema.ts';
import { type AwsPerson, type FakeSts, startFakeSts } from '../control-plane/http/kit/fake-sts.ts';
import { openPostgresSite } from './open-site.ts';
import type { Site } from './site.ts';

const ACCOUNT = '111122223333';

let sts: FakeSts;
let ann: AwsPerson;
beforeAll(async () => {
  sts = await startFakeSts();
  ann = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/ann`);
});
afterAll(() => sts.stop());

const serverEnv = () => ({ OCPCTL_AWS_ACCOUNTS: ACCOUNT, OCPCTL_STS_ENDPOINT: sts.url });

function awsEnv({ accessKeyId, secretAccessKey, sessionToken }: AwsPerson): NodeJS.ProcessEnv {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: sessionToken }),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
  };
}

function sessionsOf(site: Site): string[] {
  const folder = join(site.folder, 'config', 'sessions');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));
}

test('S20: a person signs in with AWS credentials, works on two servers, and signs out', async () => {
  const { site } = await openPostgresSite(serverEnv());
  const args = ['--auth', 'sts', '--bootstrap-admin', `sso:${ACCOUNT}:Ops`];
  const server = await site.start({ args });
  const second = await site.start({ args });
  expect(server.log()).toContain(`ocpctl context add NAME --auth sts --server ${server.url}`);
  const run = async (...argv: string[]) => {
    const done = await site.command(argv, awsEnv(ann)).finished;
    expect(done.code, done.stderr).toBe(0);
    return done;
  };
  await run('context', 'add', 'prod', '--server', server.url, '--auth', 'sts');
  const login = await run('login', '--json');
  expect(JSON.parse(login.stdout)).toMatchObject({
    principal: `sso:${ACCOUNT}:Ops`,
    authMode: 'sts',
    grants: [{ role: 'platform_admin', team: '*' }],
  });
  expect(login.stderr).not.toContain('Warning');
  expect(schemaProblem('login', login.stdout)).toBe(undefined);
  const [file = ''] = sessionsOf(site);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  // The session is used again; STS is not asked for it.
  const asked = sts.received.length;
  expect((await run('list', '-o', 'name')).stdout).toBe('');
  expect(sts.received).toHaveLength(asked);

  const keys = JSON.parse(readFileSync(file, 'utf8'));
  const other = createApiClient({
    server: second.url,
    credentials: keys,
    region: keys.region,
    timeoutMs: 20_000,
    userAgent: 'ocpctl-tests',
  });
  expect((await other.GET('/v1/whoami')).data.authMode).toBe('sts');

  // 401 once: the command signs in anew by itself.
  const endOf = { header: { 'idempotency-key': 'a'.repeat(22) } };
  await other.DELETE('/v1/auth/sessions/current', { params: endOf });
  other.close();
  expect(JSON.parse((await run('whoami', '--json')).stdout).principal).toBe(`sso:${ACCOUNT}:Ops`);
  expect(sts.received).toHaveLength(asked + 1);

  // Near its end it is renewed, and only once for all commands that want it.
  const now = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...now, endsAt: new Date(Date.now() + 30_000).toISOString() }), {
    mode: 0o600,
  });
  await Promise.all([1, 2, 3, 4].map(() => run('whoami', '--json')));
  expect(sts.received).toHaveLength(asked + 2);

  // An admin ends it, here their own: the next command signs in anew.
  const principal = `sso:${ACCOUNT}:Ops`;
  const { items } = JSON.parse((await run('admin', 'sessions', 'list', '--json')).stdout);
  expect(items.map((session: { principal: string }) => session.principal)).toContain(principal);
  const revoked = JSON.parse((await run('admin', 'sessions', 'revoke', principal, '--json')).stdout);
  expect(revoked).toEqual({ principal, sessions: items.length });
  await run('whoami', '--json');
  expect(sts.received).toHaveLength(asked + 3);

  const logout = await run('logout', '--json');
  expect(JSON.parse(logout.stdout)).toMatchObject({ ended: true });
  expect(schemaProblem('logout', logout.stdout)).toBe(undefined);
  expect(sessionsOf(site)).toEqual([]);
});

test('S20: what is wrong is said with what to do about it', async () => {
  const { site } = await openPostgresSite(serverEnv());
  const server = await site.start({ args: ['--auth', 'local,sts'] });
  mkdirSync(join(site.folder, '.aws'));
  writeFileSync(
    join(site.folder, '.aws', 'config'),
    '[profile work]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = Dev\n[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n',
  );
  const noCredentials = { AWS_EC2_METADATA_DISABLED: 'true' };
  const failed = async (env: NodeJS.ProcessEnv, ...argv: string[]) => {
    const done = await site.command([...argv, '--context', 'prod', '--json'], { ...noCredentials, ...env })
      .finished;
    return JSON.parse(done.stderr.trim().split('\n').at(-1) ?? '{}').error;
  };
  await site.cli('context', 'add', 'prod', '--server', server.url, '--auth', 'sts');

  expect(await failed({}, 'whoami', '--aws-profile', 'work')).toMatchObject({
    exitCode: 4,
    message: 'the SSO session of AWS profile "work" has expired',
    hint: "run 'aws sso login --profile work'",
  });
  expect(await failed({}, 'whoami')).toMatchObject({
    message: 'no AWS credentials found',
    hint: expect.stringContaining('aws sts get-caller-identity'),
  });
  const stranger = sts.person('arn:aws:sts::999999999999:assumed-role/dev/ann');
  expect(await failed(awsEnv(stranger), 'login')).toMatchObject({
    exitCode: 6,
    status: 403,
    hint: expect.stringContaining('OCPCTL_AWS_ACCOUNTS'),
  });
  const unknown = { ...ann, secretAccessKey: 'wrong' };
  expect(await failed(awsEnv(unknown), 'login')).toMatchObject({
    exitCode: 4,
    hint: expect.stringContaining(`the audience of the server is ocpctl://${new URL(server.url).host}`),
  });
  const dev = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`);
  const login = await site.command(['login', '--context', 'prod'], awsEnv(dev)).finished;
  expect(login.stderr).toContain(`ocpctl admin grants add role:${ACCOUNT}:dev`);
  expect(await failed(awsEnv(dev), 'list')).toMatchObject({
    exitCode: 6,
    message: `role:${ACCOUNT}:dev has no role that permits this.`,
  });
  // Another identity never gets the session of the one before.
  const who = await site.command(['whoami', '--context', 'prod', '--json'], awsEnv(ann)).finished;
  expect(JSON.parse(who.stdout).principal).toBe(`sso:${ACCOUNT}:Ops`);

  const keys = await site.command(['login', '--context', 'local', '--json']).finished;
  expect([keys.code, keys.stderr]).toEqual([2, expect.stringContaining('uses server keys')]);
  const mixed = await site.command(['whoami', '--context', 'local', '--aws-profile', 'work', '--json'])
    .finished;
  expect(mixed.code).toBe(2);
});

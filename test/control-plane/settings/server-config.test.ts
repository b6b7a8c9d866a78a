import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  quietAwsSdk,
  type ServerSettings,
  serverConfig,
} from '../../../src/control-plane/settings/server-config.ts';

function pullSecret(content = '{"auths":{"quay.io":{"auth":"dXNlcjpzZWNyZXQ="}}}'): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocpctl-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'pull-secret.json');
  writeFileSync(file, content);
  return file;
}

const DATABASE = { databaseUrl: 'postgres://db.example.com/ocpctl' };
const real = (given: ServerSettings, env: NodeJS.ProcessEnv = {}) => serverConfig(given, env);

describe('a server that spends real money', () => {
  test('refuses the embedded database, and says how to get the other one', () => {
    expect(() => real({ pullSecretFile: pullSecret() })).toThrow(
      expect.objectContaining({
        name: 'SetupError',
        hint: expect.stringMatching(/docker run .*postgres.*DATABASE_URL=.*--embedded/),
      }),
    );
    expect(real({ pullSecretFile: pullSecret(), embedded: true }).sandbox).toBe(false);
    expect(real({ pullSecretFile: pullSecret(), ...DATABASE })).toMatchObject({
      sandbox: false,
      clouds: ['aws'],
      awsSettleMs: 20_000,
      minFreeDiskMb: 5_000,
      artifacts: 'directory',
      secrets: 'sealed',
    });
  });

  test('refuses to work without a pull secret; a process without a worker needs none', () => {
    expect(() => real(DATABASE)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--pull-secret') }),
    );
    expect(real({ ...DATABASE, roles: ['api', 'janitor'] }).roles).toEqual(['api', 'janitor']);
  });

  test('refuses roles apart on the embedded database, which has one process', () => {
    expect(() => real({ embedded: true, roles: ['api', 'janitor'] })).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('no other one could be the worker'),
        hint: 'set DATABASE_URL, or leave out --role',
      }),
    );
    const all = ['janitor', 'worker', 'api'] as const;
    expect(real({ embedded: true, roles: [...all], pullSecretFile: pullSecret() }).roles).toEqual(all);
  });

  test.each(['not JSON c2VjcmV0', '{"auth":"c2VjcmV0"}', '[]'])(
    'G15: says that %j is none without showing it',
    (content) => {
      try {
        real({ ...DATABASE, pullSecretFile: pullSecret(content) });
        expect.unreachable();
      } catch (error) {
        expect(String(error)).toMatch(/the pull secret \S+ (is not JSON|must have)/);
        expect(JSON.stringify(error) + String(error)).not.toContain('c2VjcmV0');
      }
    },
  );

  test.each([
    ['{"auths":{}}', 'must have at least one entry in "auths"'],
    ['{"auths":{"registry.redhat.io":{"auth":"dXNlcjpzZWNyZXQ="}}}', 'has no entry for quay.io'],
    ['{"auths":{"quay.io.example.com":{"auth":"dXNlcjpzZWNyZXQ="}}}', 'has no entry for quay.io'],
    ['{"auths":{"quay.io":{}}}', 'has an entry with neither "auth" nor "credsStore"'],
    ['{"auths":{"quay.io":{"auth":"c2VjcmV0"}}}', 'whose "auth" is not base64 of USER:PASSWORD'],
    ['{"auths":{"quay.io":{"auth":"dXNlcjo="}}}', 'whose "auth" is not base64 of USER:PASSWORD'],
  ])('R12: a server does not start with a pull secret that no create can use: %s', (content, expected) => {
    expect(() => real({ ...DATABASE, pullSecretFile: pullSecret(content) })).toThrow(expected);
  });

  test.each(['quay.io', 'quay.io/openshift-release-dev', 'https://quay.io/v1/'])(
    'R12: an entry for %s is one for the release images',
    (key) => {
      const content = JSON.stringify({ auths: { [key]: { auth: 'dXNlcjpzZWNyZXQ=' } } });
      expect(real({ ...DATABASE, pullSecretFile: pullSecret(content) }).sandbox).toBe(false);
    },
  );

  test('R12: with another release image, the pull secret has the registry of that one', () => {
    const env = { OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE: 'mirror.example.com:5000/ocp/release@sha256:0a' };
    const content = '{"auths":{"mirror.example.com:5000":{"auth":"dXNlcjpzZWNyZXQ="}}}';
    expect(real({ ...DATABASE, pullSecretFile: pullSecret(content) }, env).sandbox).toBe(false);
    expect(() => real({ ...DATABASE, pullSecretFile: pullSecret() }, env)).toThrow(
      'has no entry for mirror.example.com:5000',
    );
  });

  test('a sandbox needs nothing', () => {
    expect(serverConfig({ sandbox: true }, {}).sandbox).toBe(true);
  });
});

describe('settings of real clouds', () => {
  test('come from the environment, and from AWS’s own where it has them', () => {
    const env = {
      OCPCTL_INSTALLERS: '/opt/a, /opt/b,',
      OCPCTL_ARTIFACTS: 's3://bucket/some/prefix',
      OCPCTL_SECRETS: 'secretsmanager',
      OCPCTL_AWS_SETTLE_MS: '0',
      OCPCTL_AWS_CREDENTIALS_MODE: 'Mint',
      AWS_REGION: 'eu-west-1',
      HTTPS_PROXY: 'http://proxy:3128',
      AWS_SECRET_ACCESS_KEY: 'never handed on from here',
      PATH: '/bin',
    };
    expect(real({ ...DATABASE, pullSecretFile: pullSecret() }, env)).toMatchObject({
      installers: ['/opt/a', '/opt/b'],
      artifacts: 's3://bucket/some/prefix',
      secrets: 'secretsmanager',
      awsSettleMs: 0,
      awsCredentialsMode: 'Mint',
      awsRegion: 'eu-west-1',
      installerVariables: { HTTPS_PROXY: 'http://proxy:3128' },
    });
    expect(
      real({ ...DATABASE, pullSecretFile: pullSecret() }, { ...env, OCPCTL_AWS_REGION: 'us-east-2' })
        .awsRegion,
    ).toBe('us-east-2');
  });

  test.each([
    ['OCPCTL_CLOUDS', 'gcp'],
    ['OCPCTL_ARTIFACTS', 'https://bucket'],
    ['OCPCTL_SECRETS', 'vault'],
    ['OCPCTL_AWS_ENDPOINT', 'localhost'],
    ['OCPCTL_INSTALLER_MIRROR', 'nowhere'],
    ['OCPCTL_AWS_SETTLE_MS', 'long'],
    ['OCPCTL_AWS_CREDENTIALS_MODE', 'Static'],
  ])('%s=%s is refused', (name, value) => {
    expect(() => real({ ...DATABASE, pullSecretFile: pullSecret() }, { [name]: value })).toThrow(
      /invalid settings/,
    );
  });

  test('silences the AWS SDK about the version of Node', () => {
    const env: NodeJS.ProcessEnv = {};
    quietAwsSdk(env);
    expect(env).toEqual({ AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
  });
});

test('a variable that is empty is one that is not set', () => {
  const names = [
    'OCPCTL_DATA_DIR',
    'OCPCTL_PUBLIC_HOSTS',
    'OCPCTL_SIGNING_REGION',
    'OCPCTL_LOG_LEVEL',
    'OCPCTL_LOG_FORMAT',
    'OCPCTL_LEASE_MS',
    'OCPCTL_METRICS_LISTEN',
    'OCPCTL_AUTH_MODES',
  ];
  const empty = Object.fromEntries(names.map((name) => [name, '']));
  expect(serverConfig({ sandbox: true }, { HOME: '/home/ada', ...empty })).toEqual(
    serverConfig({ sandbox: true }, { HOME: '/home/ada' }),
  );
});

import { expect, test } from 'vitest';
import { demoEnvironment } from '../../src/cli/demo/demo.ts';

test('a demo takes nothing of the installation around it: no server, no sign-in, no database, bucket or key', () => {
  const harmless = { PATH: '/bin', HOME: '/home/ada', OCPCTL_SANDBOX_SPEED: '10', OCPCTL_COLOR: 'never' };
  const foreign = {
    DATABASE_URL: 'postgres://db.example.com/ocpctl',
    OCPCTL_CONFIG_DIR: '/home/ada/.config/ocpctl',
    OCPCTL_SERVER: 'https://ocpctl.example.com',
    OCPCTL_AUTH: 'sts',
    OCPCTL_CA_FILE: '/etc/ca.pem',
    OCPCTL_AUTH_MODES: 'gateway',
    OCPCTL_ARTIFACTS: 's3://bucket/ocpctl',
    OCPCTL_SECRETS: 'secretsmanager',
    OCPCTL_KEY_DIR: '/etc/ocpctl/keys',
    OCPCTL_TLS_CERT: '/etc/ocpctl/server.pem',
    OCPCTL_METRICS_LISTEN: '127.0.0.1:9090',
  };
  expect(demoEnvironment({ ...harmless, ...foreign }, '/tmp/demo')).toEqual({
    ...harmless,
    OCPCTL_CONFIG_DIR: '/tmp/demo',
  });
});

import { describe, expect, it } from 'vitest';
import { installerEnvironment } from '../../../../src/control-plane/clusters/installer/environment.ts';

const dirs = { tmp: '/w/tmp', home: '/w/home' };
const OURS = ['HOME', 'OPENSHIFT_INSTALL_INVOKER', 'PATH', 'TMPDIR'];

// Written out a second time on purpose: a name that is added to the code must be added here, by someone who thought.
const ALLOWED_CREDENTIALS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_CONFIG_FILE',
  'AWS_PROFILE',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_SHARED_CREDENTIALS_FILE',
  'IC_API_KEY',
];
const ALLOWED_EXTRA = [
  'AWS_ENDPOINT_URL',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'OCPCTL_SANDBOX_CLOUD',
  'OPENSHIFT_INSTALL_AWS_PUBLIC_ONLY',
  'OPENSHIFT_INSTALL_GATHER_BOOTSTRAP',
  'OPENSHIFT_INSTALL_OS_IMAGE_OVERRIDE',
  'OPENSHIFT_INSTALL_PRESERVE_BOOTSTRAP',
  'OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE',
  'OPENSHIFT_INSTALL_SKIP_HOSTCRYPT_VALIDATION',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
];
const all = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 'x']));

describe('installerEnvironment', () => {
  it('has the trace of the job, if there is one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const input = { dirs, credentials: {}, path: '/usr/bin' };
    expect(installerEnvironment({ ...input, traceparent })['TRACEPARENT']).toBe(traceparent);
    expect(installerEnvironment(input)).not.toHaveProperty('TRACEPARENT');
  });
  it('S44: G15: equals the allow-list exactly', () => {
    const made = installerEnvironment({
      dirs,
      credentials: all(ALLOWED_CREDENTIALS),
      path: '/usr/bin',
      extra: all(ALLOWED_EXTRA),
    });
    expect(Object.keys(made).sort()).toEqual([...OURS, ...ALLOWED_CREDENTIALS, ...ALLOWED_EXTRA].sort());
  });

  it('G15: holds nothing of the worker’s own environment', () => {
    expect(installerEnvironment({ dirs, credentials: {}, path: '/usr/bin' })).toEqual({
      PATH: '/usr/bin',
      HOME: '/w/home',
      TMPDIR: '/w/tmp',
      OPENSHIFT_INSTALL_INVOKER: 'ocpctl',
    });
  });

  it.each([
    'DATABASE_URL',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'PATH',
    'HOME',
    'TMPDIR',
    'OPENSHIFT_INSTALL_INVOKER',
    'OPENSHIFT_INSTALL_NEW',
    'OCPCTL_SANDBOX_',
  ])('refuses %s, wherever it comes in', (name) => {
    const refused = expect.objectContaining({
      code: 'ENVIRONMENT_REFUSED',
      message: expect.stringContaining(name),
    });
    expect(() => installerEnvironment({ dirs, credentials: { [name]: 'x' }, path: '' })).toThrow(refused);
    expect(() => installerEnvironment({ dirs, credentials: {}, path: '', extra: { [name]: 'x' } })).toThrow(
      refused,
    );
  });

  it('does not say the refused value', () => {
    expect(() => installerEnvironment({ dirs, credentials: { DB: 'hunter2' }, path: '' })).toThrow(
      /^(?!.*hunter2)/,
    );
  });
});

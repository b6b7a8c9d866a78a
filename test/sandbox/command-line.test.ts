import { expect, test } from 'vitest';
import { parseInstallerArguments } from '../../src/sandbox/installer/arguments.ts';
import { awsConfig, names, openInstallerFixture } from './installer-fixture.ts';

test('version goes to stdout, needs no cloud, and says on stderr that it is a sandbox', async () => {
  const fixture = openInstallerFixture();
  const env = { OCPCTL_SANDBOX_VERSION: '4.20.5', OCPCTL_SANDBOX_CLOUD: '' };
  const { code, stdout, stderr } = await fixture.start(fixture.installDir('one'), 'version', env).finished;
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^\/\S+openshift-install\.js 4\.20\.5\nbuilt from commit [0-9a-f]{40}\nrelease image \S+@sha256:[0-9a-f]{64}\nrelease architecture amd64\n$/,
  );
  expect(stderr).toBe('level=warning msg=This is the ocpctl sandbox: no cloud is touched\n');
});

test.each([
  ['explode', 'unknown command "explode" for "openshift-install"'],
  ['create world', 'unknown command "world" for "openshift-install create"'],
  ['create cluster now', 'accepts 0 arg(s), received 1'],
  ['create cluster --turbo', 'unknown flag: --turbo'],
  ['destroy cluster --skip-password-print', 'unknown flag: --skip-password-print'],
])('%s: exit 1, %s', async (command, problem) => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  const { code, stderr } = await fixture.start(dir, command).finished;
  expect(code).toBe(1);
  expect(stderr).toContain('level=fatal msg=');
  expect(stderr).toContain(problem);
  expect(names(dir)).toEqual(['install-config.yaml']);
});

test('a group without a command prints help', async () => {
  const fixture = openInstallerFixture();
  const { code, stdout } = await fixture.start(fixture.installDir('one'), 'create').finished;
  expect(code).toBe(0);
  expect(stdout).toContain('create ignition-configs');
});

test('without the folder of a cloud nothing happens', async () => {
  const fixture = openInstallerFixture();
  const dir = fixture.installDir('one', awsConfig());
  const { code, stderr } = await fixture.start(dir, 'create cluster', { OCPCTL_SANDBOX_CLOUD: '' }).finished;
  expect(code).toBe(1);
  expect(stderr).toContain('OCPCTL_SANDBOX_CLOUD is not set: set it to the folder of the simulated cloud');
  expect(names(dir)).toEqual(['.openshift_install.log', 'install-config.yaml']);
});

test.each(['fast', '-1', 'Infinity'])('a speed of %s is refused', async (speed) => {
  const fixture = openInstallerFixture();
  const { code, stderr } = await fixture.run(fixture.installDir('one'), 'create cluster', {
    OCPCTL_SANDBOX_SPEED: speed,
  });
  expect(code).toBe(1);
  expect(stderr).toContain(`invalid OCPCTL_SANDBOX_SPEED "${speed}"`);
});

test('flags may stand before or after the command', () => {
  const expected = { command: 'create cluster', dir: '/w', level: 'warning', skipPasswordPrint: false };
  expect(parseInstallerArguments(['create', 'cluster', '--dir', '/w', '--log-level=warn'])).toEqual(expected);
  expect(parseInstallerArguments(['--dir=/w', '--log-level', 'warn', 'create', 'cluster'])).toEqual(expected);
});

test('defaults are those of the installer', () => {
  expect(parseInstallerArguments(['destroy', 'cluster'])).toMatchObject({ dir: '.', level: 'info' });
});

test('a bad log level is fatal', () => {
  expect(() => parseInstallerArguments(['create', 'cluster', '--log-level=loud'])).toThrow(
    'not a valid logrus Level: "loud"',
  );
});

test.each([[[]], [['create']], [['--help']], [['create', 'cluster', '-h']]])('%o asks for help', (argv) => {
  expect(parseInstallerArguments(argv)).toBe('help');
});

import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MODULE } from './terraform-module.ts';

/** The scripts of a host of deploy/terraform, with programs of the system that only record what they are told. */

const HOST = resolve(MODULE, 'host');
let home: string;
const at = (path: string) => join(home, path);
const calls = () => readFileSync(at('calls'), 'utf8').trim().split('\n');

/** A program that records its call, and then does what the script says. */
function program(name: string, script = 'exit 0'): void {
  writeFileSync(
    at(`programs/${name}`),
    `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>"${home}/calls"\n${script}\n`,
  );
  chmodSync(at(`programs/${name}`), 0o755);
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'host-'));
  for (const folder of ['programs', 'etc', 'lib', 'secrets', 'mirror', 'archive'])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('calls'), '');
  for (const name of ['useradd', 'chown', 'dnf']) program(name);
  program('getent', 'exit 2');
  // Owners need root; the rest is done.
  program('install', installScript());
  program('sleep');
  program(
    'aws',
    `case "$*" in
  *get-secret-value*) for word; do case $word in ocpctl-startup/*) exec cat "${home}/secrets/\${word#*/}" ;; esac; done ;;
esac`,
  );
  program(
    'curl',
    `output=/dev/stdout url=
while [ $# -gt 0 ]; do case $1 in --output) output=$2; shift ;; http*) url=$1 ;; esac; shift; done
case $url in
  *pki.rds.amazonaws.com*) echo ca >"$output" ;;
  */tools/*) cat "${home}/mirror/\${url##*/}" >"$output" ;;
  */api/token) echo token ;;
  */instance-id) echo i-1 ;;
  */target-lifecycle-state) cat "${home}/lifecycle" ; echo Terminated >"${home}/lifecycle" ;;
esac`,
  );
  program(
    'systemctl',
    `case "$*" in *ActiveState*) head -n 1 "${home}/states"; sed -i 1d "${home}/states" ;; esac`,
  );
  writeFileSync(at('lib/install.sh'), `printf '%s\\n' "install.sh $*" >>"${home}/calls"\n`);
  writeFileSync(at('etc/settings.env'), 'OCPCTL_AWS_REGION=us-east-2\n');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function installScript(): string {
  return `set -- "$@" --end
while [ "$1" != --end ]; do case $1 in -o | -g) shift 2 ;; *) set -- "$@" "$1"; shift ;; esac; done
shift
exec /usr/bin/install "$@"`;
}

function hostOf(role: string): void {
  const settings = {
    NAME: 'ocpctl',
    ROLE: role,
    REGION: 'us-east-2',
    VERSION: '0.1.0',
    RELEASE_URL: 'https://downloads.example.com',
    TOOLS_URL: 'https://mirror.example.com/tools',
    PROFILES_BUCKET: 'profile-bucket',
    API_PORT: '8443',
    METRICS_PORT: '9464',
  };
  writeFileSync(
    at('etc/host.env'),
    Object.entries(settings)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
}

function put(...names: string[]): void {
  for (const name of names) writeFileSync(at(`secrets/${name}`), `value of ${name}\n`);
}

function mirror(name: string, tool: string): string {
  writeFileSync(at(`archive/${tool}`), '#!/bin/sh\n', { mode: 0o755 });
  execFileSync('tar', ['-czf', at(`mirror/${name}`), '-C', at('archive'), tool]);
  return createHash('sha256')
    .update(readFileSync(at(`mirror/${name}`)))
    .digest('hex');
}

/** @returns the exit code and what the script printed */
function run(script: string): Promise<{ code: number; printed: string }> {
  const env = {
    PATH: `${at('programs')}:/usr/bin:/bin`,
    OCPCTL_HOST_ETC: at('etc'),
    OCPCTL_HOST_LIB: at('lib'),
    OCPCTL_HOST_STATE: at('state'),
    OCPCTL_HOST_BIN: at('bin'),
    OCPCTL_HOST_PREFIX: at('usr'),
  };
  mkdirSync(at('bin'), { recursive: true });
  return new Promise((done) => {
    const child = execFile('sh', [join(HOST, script)], { env }, (_error, stdout, stderr) =>
      done({ code: child.exitCode ?? 1, printed: stdout + stderr }),
    );
  });
}

test('a host whose secrets have no value yet starts no server, and starts it when they have', async () => {
  hostOf('janitor');
  put('database-url');
  expect((await run('setup.sh')).code).not.toBe(0);
  expect(calls().filter((call) => call.startsWith('systemctl'))).toEqual([]);
  expect(existsSync(at('etc/server.env'))).toBe(false);

  put('sealing-key');
  expect(await run('setup.sh')).toEqual({ code: 0, printed: '' });
  expect(calls()).toContain(
    `install.sh --from https://downloads.example.com --version 0.1.0 --prefix ${at('usr')}`,
  );
  expect(calls()).toContain('systemctl enable --now ocpctl@janitor.service');
  expect(readFileSync(at('etc/server.env'), 'utf8')).toBe(
    'OCPCTL_AWS_REGION=us-east-2\nDATABASE_URL=value of database-url\n',
  );
  expect(readFileSync(at('state/keys/secrets.key.json'), 'utf8')).toBe('value of sealing-key\n');
  const modes = ['etc/server.env', 'state/keys/secrets.key.json', 'state/keys', 'etc/rds-ca.pem'].map(
    (path) => (statSync(at(path)).mode & 0o777).toString(8),
  );
  expect(modes).toEqual(['600', '600', '700', '644']);
});

test('a host that has the version keeps its files', async () => {
  hostOf('janitor');
  put('database-url', 'sealing-key');
  mkdirSync(at('usr/bin'), { recursive: true });
  writeFileSync(at('usr/bin/ocpctl'), '#!/bin/sh\necho ocpctl 0.1.0 linux-x64 node-v24.21.0\n', {
    mode: 0o755,
  });
  expect((await run('setup.sh')).code).toBe(0);
  expect(calls().filter((call) => call.startsWith('install.sh'))).toEqual([]);
});

test('a worker gets oc and ccoctl only with the checksum of the mirror, and the pull secret', async () => {
  hostOf('worker');
  put('database-url', 'sealing-key', 'pull-secret-json');
  const oc = mirror('openshift-client-linux.tar.gz', 'oc');
  mirror('ccoctl-linux.tar.gz', 'ccoctl');
  const wrong = '0'.repeat(64);
  writeFileSync(
    at('mirror/sha256sum.txt'),
    `${oc}  openshift-client-linux.tar.gz\n${wrong}  ccoctl-linux.tar.gz\n`,
  );
  expect((await run('setup.sh')).code).not.toBe(0);
  expect([existsSync(at('bin/oc')), existsSync(at('bin/ccoctl'))]).toEqual([true, false]);

  const ccoctl = mirror('ccoctl-linux.tar.gz', 'ccoctl');
  writeFileSync(at('mirror/sha256sum.txt'), `${ccoctl}  ccoctl-linux.tar.gz\n`);
  expect(await run('setup.sh')).toEqual({ code: 0, printed: '' });
  expect(existsSync(at('bin/ccoctl'))).toBe(true);
  expect((statSync(at('etc/pull-secret.json')).mode & 0o777).toString(8)).toBe('600');
  expect(calls().at(-1)).toBe(
    'aws autoscaling complete-lifecycle-action --region us-east-2 --auto-scaling-group-name ocpctl-worker ' +
      '--lifecycle-hook-name ready --instance-id i-1 --lifecycle-action-result CONTINUE',
  );
});

test('a host of the API that is never ready does not count for Auto Scaling', async () => {
  hostOf('api');
  put('database-url', 'sealing-key', 'tls-certificate', 'tls-key');
  program(
    'curl',
    `case "$*" in *readyz*) exit 22 ;; *rds.amazonaws.com*) ;; esac
while [ $# -gt 0 ]; do [ "$1" != --output ] || echo >"$2"; shift; done`,
  );
  const { code, printed } = await run('setup.sh');
  expect([code, printed]).toEqual([1, 'ocpctl@api is not ready: journalctl -u ocpctl@api\n']);
  expect(calls().filter((call) => call.includes('complete-lifecycle-action'))).toEqual([]);
  expect((statSync(at('etc/tls/server.key')).mode & 0o777).toString(8)).toBe('600');
});

test('a worker that is to end drains while Auto Scaling is told to wait, and then to go on', async () => {
  hostOf('worker');
  writeFileSync(at('lifecycle'), 'InService\n');
  writeFileSync(at('states'), 'deactivating\ndeactivating\ninactive\n');
  expect((await run('drain.sh')).code).toBe(0);
  const done = calls()
    .filter((call) => /^(systemctl stop|aws)/.test(call))
    .map((call) => call.replace(/ --region.*--instance-id i-1/, ''));
  expect(done).toEqual([
    'systemctl stop --no-block ocpctl@worker.service',
    'aws autoscaling record-lifecycle-action-heartbeat',
    'aws autoscaling record-lifecycle-action-heartbeat',
    'aws autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE',
  ]);
});

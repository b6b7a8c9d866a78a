import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { extractInstaller } from '../../../../src/control-plane/clusters/jobs/release-installer.ts';
import type { JobContext } from '../../../../src/control-plane/kernel/jobs/job.ts';
import { WorkerGuard } from '../../../../src/control-plane/kernel/process/worker-guard.ts';

const IMAGE = `registry.example.com/ocp/release@sha256:${'a'.repeat(64)}`;
const VERSION = '4.21.0-0.nightly-2026-11-20-123456';
const AUTH = Buffer.from('me:opensesame').toString('base64');
const pullSecretFor = (registry: string) => JSON.stringify({ auths: { [registry]: { auth: AUTH } } });

/** An `oc` that writes an installer as the real one does: with the reference of the image that it was extracted from. */
const ocOf = (version: string) => `#!/bin/sh
echo "$@" > "$HOME/../oc-arguments"
for argument; do
  case "$argument" in
    --command=*) command="\${argument#--command=}" ;;
    --to=*) to="\${argument#--to=}" ;;
    --registry-config=*) cp "\${argument#--registry-config=}" "$HOME/../registry-config" ;;
  esac
done
cat > "$to/$command" <<END
#!/bin/sh
echo "$command ${version}"
echo "release image \\\${OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE:-$argument}"
echo "release architecture amd64"
END
chmod +x "$to/$command"
`;

interface Given {
  readonly oc?: string;
  readonly pullSecret?: string;
}

async function extract({ oc = ocOf(VERSION), pullSecret = pullSecretFor('registry.example.com') }: Given) {
  const base = mkdtempSync(join(tmpdir(), 'release-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const dirs = { base, install: join(base, 'install'), tmp: join(base, 'tmp'), home: join(base, 'home') };
  for (const dir of [dirs.install, dirs.tmp, dirs.home]) mkdirSync(dir);
  const file = join(base, 'oc');
  writeFileSync(file, oc);
  chmodSync(file, 0o755);
  const context = {
    guard: new WorkerGuard({
      guardPath: fileURLToPath(new URL('../../../../dist/guard.js', import.meta.url)),
      leaseMs: 20_000,
    }),
    killAfterMs: 200,
    searchPath: '/usr/bin:/bin',
    // Of the operator, for all other clusters.
    installerVariables: { OPENSHIFT_INSTALL_RELEASE_IMAGE_OVERRIDE: 'registry.example.com/other@sha256:0a' },
    redactor: { register: () => {}, redactLine: (line: string) => line },
    credentialTool: async () => ({ file, prefixArgs: [] }),
    pullSecret: async () => pullSecret,
  } as unknown as ClusterJobContext;
  const attempt = {
    job: { id: 'job_1', resourceId: 'clu_1', resourceName: 'demo', team: 'a', attempt: 1, fence: 1 },
    signal: new AbortController().signal,
    event: () => {},
    flush: async () => {},
    leaseRemainingMs: () => 20_000,
    program: (_name: string, work: (traceparent: undefined) => Promise<unknown>) => work(undefined),
  } as unknown as JobContext;
  const need = { version: VERSION, architecture: 'amd64', fips: false, releaseImage: IMAGE } as const;
  const binary = await extractInstaller(context, attempt, dirs, need);
  return { binary, base, dirs };
}

test('the installer of a release image is extracted from it with the pull secret, and is of its version', async () => {
  const { binary, base, dirs } = await extract({});
  const file = join(dirs.tmp, 'release', 'openshift-install');
  expect(binary).toEqual({ version: VERSION, file, prefixArgs: [] });
  expect(readFileSync(join(base, 'oc-arguments'), 'utf8').trim()).toBe(
    `adm release extract --command=openshift-install --registry-config=${dirs.tmp}/release-pull-secret.json --to=${dirs.tmp}/release ${IMAGE}`,
  );
  expect(readFileSync(join(base, 'registry-config'), 'utf8')).toBe(pullSecretFor('registry.example.com'));
});

test.each<[string, Given, object]>([
  [
    'is of another version',
    { oc: ocOf('4.20.3') },
    {
      code: 'RELEASE_IMAGE_MISMATCH',
      message: `the installer of ${IMAGE} is 4.20.3 and installs ${IMAGE}, not ${VERSION}`,
      retryable: false,
    },
  ],
  [
    'cannot be extracted',
    { oc: '#!/bin/sh\necho "error: something else" >&2\nexit 1\n' },
    { code: 'INSTALLER_NOT_EXTRACTED', message: 'oc: error: something else', retryable: true },
  ],
  [
    'is in a registry that the pull secret does not have',
    { pullSecret: pullSecretFor('quay.io') },
    {
      code: 'PULL_SECRET_INVALID',
      message: expect.stringContaining('has no entry for registry.example.com'),
      retryable: false,
    },
  ],
])('nothing is created when the installer %s', async (_, given, failure) => {
  await expect(extract(given)).rejects.toMatchObject({ ...failure, exists: 'nothing' });
});

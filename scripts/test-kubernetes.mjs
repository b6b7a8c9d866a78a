// `npm run test:kubernetes`: the suite of the sandbox's Kubernetes API against a real kube-apiserver.
// Builds kube-apiserver and kubectl once into a cache folder; that takes minutes of CPU. Needs Go and apt-get or etcd.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSION = '1.33.13';
/** The version of the k8s.io modules that are developed with it. */
const STAGING = '0.33.13';
/** `replace` lines of go.mod of k8s.io/kubernetes: each points to a folder that its module does not contain. */
const MODULES = [
  'api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap code-generator',
  'component-base component-helpers controller-manager cri-api cri-client csi-translation-lib dynamic-resource-allocation',
  'endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics',
  'mount-utils pod-security-admission sample-apiserver sample-cli-plugin sample-controller',
].flatMap((line) => line.split(' '));

const folder =
  process.env.OCPCTL_KUBERNETES_DIR ?? join(homedir(), '.cache', 'ocpctl-tests', `kubernetes-${VERSION}`);
mkdirSync(folder, { recursive: true });
for (const name of ['kube-apiserver', 'kubectl']) if (!existsSync(join(folder, name))) buildProgram(name);
if (!existsSync(join(folder, 'etcd'))) fetchEtcd();
const { status } = run(
  'npx',
  ['vitest', 'run', '--config', 'test/kubernetes/vitest.config.ts', ...process.argv.slice(2)],
  {
    env: { ...process.env, OCPCTL_KUBERNETES_DIR: folder },
  },
);
process.exit(status ?? 1);

function buildProgram(name) {
  if (run('go', ['version'], { stdio: 'ignore' }).status !== 0)
    fail(
      `go is missing: it builds ${name} ${VERSION}. Install Go 1.24 or newer, or copy the program to ${folder}.`,
    );
  process.stderr.write(`Building ${name} ${VERSION} into ${folder} (minutes of CPU, once)\n`);
  const source = mkdtempSync(join(tmpdir(), 'kubernetes-build-'));
  const replaced = MODULES.map((module) => `replace k8s.io/${module} => k8s.io/${module} v${STAGING}`);
  const lines = [
    'module kubernetes.test',
    'go 1.24.0',
    'godebug default=go1.24',
    `require k8s.io/kubernetes v${VERSION}`,
    ...replaced,
  ];
  writeFileSync(join(source, 'go.mod'), `${lines.join('\n')}\n`);
  writeFileSync(
    join(source, 'tools.go'),
    `//go:build tools\n\npackage tools\n\nimport _ "k8s.io/kubernetes/cmd/${name}"\n`,
  );
  const versions = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    `-X ${path}.gitVersion=v${VERSION}`,
    `-X ${path}.gitMajor=1`,
    `-X ${path}.gitMinor=33`,
  ]);
  const args = [
    'build',
    '-mod=mod',
    '-trimpath',
    '-ldflags',
    ['-s', '-w', ...versions].join(' '),
    '-o',
    join(folder, name),
    `k8s.io/kubernetes/cmd/${name}`,
  ];
  const built = run('go', args, { cwd: source });
  rmSync(source, { recursive: true, force: true });
  if (built.status !== 0) fail(`${name} was not built`);
}

function fetchEtcd() {
  for (const installed of ['/usr/bin/etcd', '/usr/local/bin/etcd'])
    if (existsSync(installed)) return copyFileSync(installed, join(folder, 'etcd'));
  const packages = mkdtempSync(join(tmpdir(), 'etcd-'));
  run('apt-get', ['download', 'etcd-server'], { cwd: packages });
  const archive = readdirSync(packages).find((name) => name.endsWith('.deb'));
  if (archive !== undefined) run('dpkg', ['-x', archive, packages], { cwd: packages });
  const program = join(packages, 'usr/bin/etcd');
  if (existsSync(program)) copyFileSync(program, join(folder, 'etcd'));
  rmSync(packages, { recursive: true, force: true });
  if (!existsSync(join(folder, 'etcd')))
    fail(`etcd is missing: install etcd-server of Debian or Ubuntu, or copy the program to ${folder}.`);
}

function run(file, args, options) {
  return spawnSync(file, args, { stdio: 'inherit', ...options });
}

function fail(message) {
  process.stderr.write(`test:kubernetes: ${message}\n`);
  process.exit(1);
}

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
/** Programs that .ci/run installs where Go is, and the schemas of Kubernetes in the package kubernetes-validate. */
const {
  OCPCTL_HELM: helm,
  OCPCTL_KUBECONFORM: kubeconform,
  OCPCTL_KUBERNETES_SCHEMAS: schemas,
} = process.env;
const CHART = 'deploy/helm/ocpctl';
const KUBERNETES = ['1.25.0', '1.33.0'];
const directory = mkdtempSync(join(tmpdir(), 'deploy-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

if (helm === undefined || kubeconform === undefined)
  process.stdout.write('NOT RUN: the Helm chart, since helm and kubeconform were not installed\n');

const EVERYTHING = [
  ...['--set', 'queueUrl=https://sqs.eu-west-1.amazonaws.com/1/jobs.fifo'],
  ...['--set', 'artifacts=s3://bucket/prefix', '--set', 'auditAnchors=s3://anchors/audit'],
  ...[
    '--set',
    'applicationRole=ocpctl_app',
    '--set',
    'secrets.databaseOwner=owner',
    '--set',
    'secrets.environment=more',
  ],
  ...[
    '--set',
    `image.digest=sha256:${'ab'.repeat(32)}`,
    '--set',
    'auth.bootstrapAdmins={role:111122223333:Admins}',
  ],
  ...['--set-string', 'auth.awsAccounts=111122223333', '--set', 'publicHosts=ocpctl.example.com'],
  ...['--set-string', 'settings.OCPCTL_TEAM_ACTIVE_CLUSTERS=20', '--set', 'profiles.own\\.yaml=name: own'],
  ...['--set', 'podMonitor.enabled=true', '--set', 'podMonitor.labels.release=prometheus'],
  ...['--set', 'networkPolicy.apiFrom[0].namespaceSelector.matchLabels.team=a'],
  ...['--set', 'networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.team=b'],
  ...['--set', 'worker.serviceAccount.annotations.role=arn', '--set', 'imagePullSecrets[0].name=pull'],
];
const LEAST = ['--set', 'artifacts=s3://bucket', '--set', 'networkPolicy.enabled=false'];

const KINDS =
  /^(deployment|service|serviceaccount|configmap|job|networkpolicy|poddisruptionbudget)-(.*-)?v1\.json$/;
const REFERENCE = /"(?:\/api\/_definitions\.json)?#\/\$defs\/([^"]+)"/g;

/** The schemas refer to a file by a URL that kubeconform does not know: each gets the definitions that it uses. */
function standaloneSchemas(version: string): string {
  if (schemas === undefined) throw new Error('OCPCTL_KUBERNETES_SCHEMAS is not set');
  const source = join(schemas, `v${version}-local-strict`);
  const target = mkdtempSync(join(directory, 'schemas-'));
  const read = (name: string) => readFileSync(join(source, name), 'utf8');
  const { $defs: all }: { $defs: Record<string, unknown> } = JSON.parse(read('_definitions.json'));
  for (const name of readdirSync(source).filter((file) => KINDS.test(file))) {
    const used = new Map<string, unknown>();
    const collect = (text: string) => {
      for (const [, id = ''] of text.matchAll(REFERENCE)) {
        if (used.has(id)) continue;
        used.set(id, all[id]);
        collect(JSON.stringify(all[id]));
      }
    };
    collect(read(name));
    const { $id: _, ...schema } = JSON.parse(read(name));
    const whole = JSON.stringify({ ...schema, $defs: Object.fromEntries(used) });
    writeFileSync(join(target, name), whole.replaceAll(REFERENCE, '"#/$defs/$1"'));
  }
  return join(target, '{{ .ResourceKind }}{{ .KindSuffix }}.json');
}

const chartTests = helm === undefined || kubeconform === undefined ? describe.skip : describe;
chartTests('the Helm chart', () => {
  const render = async (version: string, values: readonly string[]) =>
    (await run(helm ?? '', ['template', 'demo', CHART, '--kube-version', version, ...values])).stdout;

  test('passes helm lint without a warning', async () => {
    const { stdout } = await run(helm ?? '', [
      'lint',
      CHART,
      '--strict',
      '--kube-version',
      '1.33.0',
      ...LEAST,
    ]);
    expect(stdout).toContain('0 chart(s) failed');
  });

  describe.each(KUBERNETES)('for Kubernetes %s', (version) => {
    test.each([
      ['with everything', EVERYTHING],
      ['with the least', LEAST],
    ])('%s has only fields that Kubernetes knows', async (_name, values) => {
      const file = join(directory, 'rendered.yaml');
      writeFileSync(file, await render(version, values));
      const flags = [
        '-strict',
        '-summary',
        '-output',
        'json',
        '-kubernetes-version',
        version,
        '-skip',
        'PodMonitor',
      ];
      const checked = await run(kubeconform ?? '', [
        ...flags,
        '-schema-location',
        standaloneSchemas(version),
        file,
      ]);
      const { resources, summary } = JSON.parse(checked.stdout);
      expect({ resources, ...summary }).toMatchObject({ resources: [], invalid: 0, errors: 0 });
      expect(summary.valid).toBeGreaterThan(9);
    });
  });

  test.each([
    ['a bucket that is none', ['--set', 'artifacts=directory'], 'artifacts'],
    ['no bucket', [], 'artifacts'],
    ['a queue that is not FIFO', [...LEAST, '--set', 'queueUrl=https://sqs/jobs'], 'queueUrl'],
    [
      'an owner without a role for the servers',
      [...LEAST, '--set', 'secrets.databaseOwner=o'],
      'applicationRole',
    ],
    [
      'an account that YAML reads as a number',
      [...LEAST, '--set-json', 'auth.awsAccounts=111122223333'],
      'awsAccounts',
    ],
    ['a tag that YAML reads as a number', [...LEAST, '--set-json', 'image.tag=1.10'], 'tag'],
    ['a misspelt value', [...LEAST, '--set', 'api.replica=3'], 'replica'],
    ['a variable that the chart sets itself', [...LEAST, '--set', 'settings.DATABASE_URL=x'], 'DATABASE_URL'],
    ['an unknown secret', [...LEAST, '--set', 'secrets.databse=x'], 'databse'],
  ])('refuses %s', async (_name, values, named) => {
    await expect(render('1.33.0', values)).rejects.toThrow(named);
  });
});

const analyze = '/usr/bin/systemd-analyze';
const hasSystemd = await run(analyze, ['--version']).then(
  () => true,
  () => false,
);
if (!hasSystemd) process.stdout.write('NOT RUN: the systemd unit, since systemd-analyze is not installed\n');

describe.skipIf(!hasSystemd)('the systemd unit', () => {
  const unit = readFileSync('deploy/systemd/ocpctl@.service', 'utf8').replace('/usr/bin/ocpctl', '/bin/true');
  writeFileSync(join(directory, 'ocpctl@.service'), unit);
  writeFileSync(join(directory, 'ocpctl@worker.service'), unit);

  test('has only settings that systemd knows', async () => {
    const { stderr } = await run(analyze, ['verify', '--man=no', join(directory, 'ocpctl@worker.service')]);
    expect(stderr).toBe('');
  });

  test('exposes no more than 2.0 of 10 by the measure of systemd', async () => {
    // Fails with the exit code when it is above, in tenths.
    const flags = ['security', '--offline=yes', '--threshold=20'];
    await run(analyze, [...flags, join(directory, 'ocpctl@.service')]);
  });
});

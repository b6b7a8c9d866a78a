import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { evaluate, hasTerraform, MODULE, moduleFiles, read } from './terraform-module.ts';

/** The module of deploy/terraform, as far as it can be checked without the provider of AWS. */

const ROLES = ['api', 'worker', 'janitor'] as const;
const PLACEHOLDER = /\b[A-Z]+_[A-Z_]+\b|\bREGION\b/g;
const policySchema = z.object({
  Version: z.string(),
  Statement: z.array(z.looseObject({ Sid: z.string(), Action: z.unknown(), Resource: z.unknown() })),
});
const policiesSchema = z.object({
  roles: z.record(z.string(), z.string()),
  buckets: z.record(z.string(), policySchema),
  key: z.string(),
});

describe.skipIf(!hasTerraform)('with terraform', () => {
  test('its files are formatted', async () => {
    const { stdout } = await promisify(execFile)('terraform', ['fmt', '-check', '-recursive', MODULE]);
    expect(stdout).toBe('');
  });

  async function policies(variables: Readonly<Record<string, unknown>>): Promise<Map<string, unknown>> {
    const { problem, value } = await evaluate(
      '{ roles = local.role_policies, buckets = { for k, v in local.policies : k => v if endswith(k, "bucket") }, key = local.key_policy }',
      variables,
    );
    expect(problem).toBe('');
    const { roles, buckets, key } = policiesSchema.parse(value);
    return new Map<string, unknown>([
      ...Object.entries(roles).map(([name, text]) => [name, JSON.parse(text)] as const),
      ...Object.entries(buckets),
      ['key', JSON.parse(key)],
    ]);
  }

  test('its policies are those of deploy/aws, without a placeholder', async () => {
    const made = await policies({ hosted_zone_role_arns: ['arn:aws:iam::444455556666:role/zones'] });
    expect([...made.keys()].sort()).toEqual([
      'anchor-bucket',
      'api',
      'artifact-bucket',
      'janitor',
      'key',
      'worker',
    ]);
    for (const [name, policy] of made) {
      const source = policySchema.parse(JSON.parse(read(`deploy/aws/${name}-policy.json`)));
      const statements = policySchema.parse(policy).Statement;
      expect([name, JSON.stringify(policy).match(PLACEHOLDER) ?? []]).toEqual([name, []]);
      expect(statements.map(({ Sid, Action }) => [Sid, Action])).toEqual(
        source.Statement.map(({ Sid, Action }) => [Sid, Action]),
      );
    }
    expect(JSON.stringify(made.get('worker'))).toContain('arn:aws:iam::444455556666:role/zones');
    expect(JSON.stringify(made.get('anchor-bucket'))).toContain('arn:aws:s3:::anchor-bucket/audit/*');
    expect(JSON.stringify(made.get('key'))).toContain('arn:aws:iam::111122223333:role/ocpctl-worker');
  });

  test('without roles of other accounts, the statement for them is left out', async () => {
    const { Statement: worker } = policySchema.parse((await policies({})).get('worker'));
    const source = policySchema.parse(JSON.parse(read('deploy/aws/worker-policy.json')));
    expect(worker.map(({ Sid }) => Sid)).toEqual(
      source.Statement.map(({ Sid }) => Sid).filter((sid) => sid !== 'HostedZoneOfAnotherAccount'),
    );
  });

  const userDataSchema = z.record(z.enum(ROLES), z.string());
  const cloudConfigSchema = z.strictObject({
    write_files: z.array(
      z.strictObject({
        path: z.string(),
        content: z.string(),
        owner: z.literal('root:root'),
        permissions: z.literal('0644'),
      }),
    ),
    runcmd: z.array(z.array(z.string())),
  });

  test('a host is told settings and flags that the server has, in less than 16 KiB', async () => {
    const { problem, value } = await evaluate('local.user_data', {
      bootstrap_admins: ['sso:111122223333:PlatformAdmins'],
      log_retention_days: 30,
      settings: { OCPCTL_LOG_LEVEL: 'debug' },
    });
    expect(problem).toBe('');
    const userData = userDataSchema.parse(value);
    const { commands } = JSON.parse(read('oclif.manifest.json'));
    for (const role of ROLES) {
      expect(userData[role].startsWith('#cloud-config\n')).toBe(true);
      expect(gzipSync(userData[role]).toString('base64').length).toBeLessThan(16_384);
      const files = new Map(
        cloudConfigSchema.parse(parse(userData[role])).write_files.map((file) => [file.path, file.content]),
      );
      const settings = (files.get('/etc/ocpctl/settings.env') ?? '')
        .split('\n')
        .filter((line) => line !== '');
      const names = settings.map((line) => line.split('=')[0] ?? '');
      expect(names).toContain('OCPCTL_LOG_LEVEL');
      const documented = read('docs/configuration.md');
      expect(names.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
      const dropIn = files.get(`/etc/systemd/system/ocpctl@${role}.service.d/host.conf`) ?? '';
      expect(dropIn).toContain('ExecStart=\nExecStart=/usr/bin/ocpctl server --role %i');
      const flags = [...dropIn.matchAll(/ --([a-z-]+)/g)].map(([, flag = '']) => flag);
      expect(flags.filter((flag) => commands.server.flags[flag] === undefined)).toEqual([]);
      // What the drop-in replaces is the start of the unit that ships.
      expect(files.get('/etc/systemd/system/ocpctl@.service')).toBe(read('deploy/systemd/ocpctl@.service'));
      expect(read('deploy/systemd/ocpctl@.service')).toContain(
        'ExecStart=/usr/bin/ocpctl server --role %i\n',
      );
    }
    expect(userData.api).toContain('--bootstrap-admin sso:111122223333:PlatformAdmins');
    expect(userData.worker).not.toContain('--bootstrap-admin');
  });

  test.each([
    { name: 'prod' },
    { api_allowed_cidrs: ['10.0.0.0'] },
    { settings: { DATABASE_URL: 'postgres://…' } },
    { settings: { OCPCTL_LOG_LEVEL: 'debug\nDATABASE_URL=…' } },
    { bootstrap_admins: ['role:111122223333:x --insecure-http'] },
    { release_url: 'http://downloads.example.com' },
    { ocpctl_version: 'latest' },
  ])('%o is rejected', async (variables) => {
    const { problem } = await evaluate(`var.${Object.keys(variables)[0]}`, variables);
    expect(problem).toContain('Invalid value for variable');
  });
});

test('every placeholder of a policy that the module reads is one that it replaces', () => {
  const source = read(join(MODULE, 'policies.tf'));
  const names = [...source.matchAll(/for name in \[([^\]]*)\]/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/"([a-z-]+)"/g)].map(([, name = '']) => name),
  );
  expect(names).toHaveLength(6);
  const placeholders = names.flatMap(
    (name) => read(`deploy/aws/${name}-policy.json`).match(PLACEHOLDER) ?? [],
  );
  const missing = placeholders.filter((name) => !new RegExp(`"(\\\\")?${name}(\\\\")?"`).test(source));
  expect([...new Set(missing)]).toEqual([]);
  const trust = read('deploy/aws/server-trust-policy.json');
  expect(trust.match(PLACEHOLDER)).toBeNull();
});

test('no value of a secret can get into the state', () => {
  const sources = moduleFiles().map((name) => read(join(MODULE, name)));
  expect(sources.join('\n')).not.toMatch(/aws_secretsmanager_secret_version|\bpassword\s+=|random_password/);
});

test('the README lists inputs and outputs as they are', () => {
  const page = read(join(MODULE, 'README.md'));
  const links = [...page.matchAll(/\]\(([^)#:]+)/g)].map(([, target = '']) => join(MODULE, target));
  expect(links.length).toBeGreaterThan(2);
  expect(links.filter((target) => !existsSync(target))).toEqual([]);
  const inputs = blocksOf(read(join(MODULE, 'variables.tf')), 'variable').map(
    ([name, body]) => `| \`${name}\` | ${attribute(body, 'description')} | ${fallbackOf(body)} |`,
  );
  expect(inputs.length).toBeGreaterThan(30);
  expect(rowsBelow(page, '## Inputs')).toEqual(inputs);
  const outputs = blocksOf(read(join(MODULE, 'outputs.tf')), 'output').map(
    ([name, body]) => `| \`${name}\` | ${attribute(body, 'description')} |`,
  );
  expect(rowsBelow(page, '## Outputs')).toEqual(outputs);
});

test('docs/deploy-aws.md names each secret that is to be put, and each input of the example', () => {
  const page = read('docs/deploy-aws.md');
  const [, secrets = ''] =
    /startup_secrets = \{\n(.*?)\n {2}\}/s.exec(read(join(MODULE, 'secrets.tf'))) ?? [];
  const names = [...secrets.matchAll(/^ {4}([a-z-]+) /gm)].map(([, name = '']) => name);
  expect(names).toHaveLength(5);
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
  const example = join(MODULE, 'examples/complete');
  const required = blocksOf(read(join(example, 'variables.tf')), 'variable')
    .filter(([, body]) => !/^ {2}default /m.test(body))
    .map(([name]) => name);
  const given = read(join(example, 'terraform.tfvars.example'));
  expect(required.filter((name) => !new RegExp(`^${name} +=`, 'm').test(given))).toEqual([]);
  expect(readdirSync(example)).toContain('main.tf');
});

/** The blocks of one kind, by name. */
function blocksOf(source: string, kind: string): (readonly [name: string, body: string])[] {
  return [...source.matchAll(new RegExp(`^${kind} "(\\w+)" \\{\\n(.*?)^\\}`, 'gms'))].map(
    ([, name = '', body = '']) => [name, body] as const,
  );
}

function attribute(body: string, name: string): string {
  return new RegExp(`^ {2}${name} += "(.*)"$`, 'm').exec(body)?.[1] ?? '';
}

function fallbackOf(body: string): string {
  const [, value] = /^ {2}default += (.*)$/m.exec(body) ?? [];
  return value === undefined ? 'required' : `\`${value}\``;
}

function rowsBelow(page: string, heading: string): string[] {
  const [, section = ''] = page.split(`\n${heading}\n`);
  return (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| `'));
}

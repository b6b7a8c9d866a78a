import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DESTROY_PERMISSIONS } from '../../src/control-plane/clusters/clouds/aws/destroy-permissions.ts';

/** Every action that deploy/aws allows is one that the code asks for, and what the code asks for is allowed. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ARTIFACTS = 'src/control-plane/kernel/artifacts/s3';
const SECRETS = 'src/control-plane/kernel/secrets/aws';
const CLOUD = 'src/control-plane/clusters/clouds/aws';
const NOTIFICATIONS = 'src/control-plane/kernel/notifications/aws';
const WAKE_UPS = 'src/control-plane/kernel/jobs/sqs';

/** The prefix of a service's actions, by its package. */
const SERVICES: Readonly<Record<string, string>> = {
  'client-ec2': 'ec2',
  'client-efs': 'elasticfilesystem',
  'client-elastic-load-balancing': 'elasticloadbalancing',
  'client-elastic-load-balancing-v2': 'elasticloadbalancing',
  'client-iam': 'iam',
  'client-resource-groups-tagging-api': 'tag',
  'client-route-53': 'route53',
  'client-s3': 's3',
  'client-secrets-manager': 'secretsmanager',
  'client-service-quotas': 'servicequotas',
  'client-sns': 'sns',
  'client-sqs': 'sqs',
  'client-sts': 'sts',
};
/** Where the action is called otherwise than the operation. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  's3:ListBuckets': ['s3:ListAllMyBuckets'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  'sqs:SendMessageBatch': ['sqs:SendMessage'],
  'sqs:DeleteMessageBatch': ['sqs:DeleteMessage'],
  'sqs:ChangeMessageVisibilityBatch': ['sqs:ChangeMessageVisibility'],
  // Everybody may ask who they are.
  'sts:GetCallerIdentity': [],
};
/** lib-storage: one request or several, and the end of what failed. */
const UPLOAD = ['s3:PutObject', 's3:AbortMultipartUpload'];
/** S3 and Secrets Manager ask KMS in the caller's name; who writes in parts reads as well. */
const ENCRYPT = ['kms:GenerateDataKey', 'kms:Decrypt'];

type Actions = Readonly<Record<string, readonly string[]>>;
/** What a call of a store asks AWS for. Together it is every command of the engine, which a test below proves. */
const OBJECTS: Actions = {
  // Read again when the name is taken: it may hold the same.
  put: [...UPLOAD, 's3:GetObject'],
  get: ['s3:GetObject'],
  head: ['s3:ListBucket'],
  list: ['s3:ListBucket'],
  remove: ['s3:DeleteObject'],
  keyOf: [],
};
const VALUES: Actions = {
  assertKeysPresent: ['secretsmanager:DescribeSecret'],
  open: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
  put: ['secretsmanager:PutSecretValue', 'secretsmanager:CreateSecret', 'secretsmanager:RestoreSecret'],
  remove: ['secretsmanager:DescribeSecret', 'secretsmanager:DeleteSecret'],
};
const MESSAGES: Actions = {
  send: ['sqs:SendMessage'],
  receive: ['sqs:ReceiveMessage'],
  remove: ['sqs:DeleteMessage'],
  release: ['sqs:ChangeMessageVisibility'],
  state: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
  close: [],
};
/** What anchors ask of the store that they are kept in. */
const ANCHORS: Actions = { write: ['put'], publishKey: ['put'], newest: ['list', 'get'] };

const statementSchema = z.object({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
  Resource: z.unknown().optional(),
  Principal: z.unknown().optional(),
});
type Statement = z.infer<typeof statementSchema>;
const policySchema = z.object({ Version: z.literal('2012-10-17'), Statement: z.array(statementSchema) });

const FILES = readdirSync(join(ROOT, 'deploy/aws')).sort();
const statementsOf = (file: string): Statement[] =>
  policySchema.parse(JSON.parse(read(`deploy/aws/${file}`))).Statement;
const allowedBy = (file: string, isMeant: (statement: Statement) => boolean = () => true): string[] =>
  sorted(
    statementsOf(file)
      .filter((statement) => statement.Effect === 'Allow' && isMeant(statement))
      .flatMap(({ Action }) => Action),
  );

// What each part of the product asks its stores for.
const start = callsIn('src/control-plane/composition/stores.ts', 'store');
const work = callsIn('src/control-plane/clusters/jobs', 'artifacts');
const workSecrets = callsIn('src/control-plane/clusters/jobs', 'secrets');
const apiSecrets = callsIn('src/control-plane/clusters/service', 'services.secrets');
const signing = callsIn('src/control-plane/kernel/audit/audit-anchor-task.ts', 'store');
const debugLog = callsIn('src/control-plane/kernel/jobs/debug-log-reader.ts', 'artifacts');
const retention = callsIn('src/control-plane/kernel/artifacts/remove-below.ts', 'artifacts');
const verifying = callsIn('src/control-plane/kernel/audit/verify-audit-chains.ts', 'store?');
const dispatch = callsIn('src/control-plane/kernel/jobs/sqs/wake-queue.ts', '#o.queue');
const watching = callsIn('src/control-plane/kernel/jobs/sqs/watch-queue-task.ts', 'queue');
const needed = {
  worker: sorted([
    ...actionsOf(CLOUD),
    ...through(OBJECTS, [...work, ...start.filter((call) => call in OBJECTS)]),
    ...through(VALUES, [...workSecrets, 'assertKeysPresent']),
    ...ENCRYPT,
    ...through(MESSAGES, dispatch),
  ]),
  api: sorted([
    ...through(MESSAGES, ['send']),
    ...through(VALUES, [...apiSecrets, 'assertKeysPresent']),
    'kms:Decrypt',
    ...through(OBJECTS, through(ANCHORS, verifying)),
    ...through(OBJECTS, debugLog),
  ]),
  janitor: sorted([
    ...through(OBJECTS, through(ANCHORS, signing)),
    's3:PutObjectRetention',
    ...through(VALUES, ['assertKeysPresent']),
    ...actionsOf(NOTIFICATIONS),
    ...through(OBJECTS, retention),
    ...through(MESSAGES, ['send', ...watching]),
  ]),
};

describe('deploy/aws allows exactly what the code calls', () => {
  it('the engines, by what is asked of them', () => {
    expect(sorted(Object.values(OBJECTS).flat())).toEqual(actionsOf(ARTIFACTS));
    expect(sorted(Object.values(VALUES).flat())).toEqual(actionsOf(SECRETS));
    expect(sorted(Object.values(MESSAGES).flat())).toEqual(actionsOf(WAKE_UPS));
    const asked = callsIn('src/control-plane/kernel/audit/audit-anchor-store.ts', '#artifacts');
    expect(sorted(Object.values(ANCHORS).flat())).toEqual(sorted(asked));
    expect(sorted(start)).toEqual(['assertKeysPresent', 'head']);
  });

  it('in a worker', () => {
    expect(needed.worker.length).toBeGreaterThan(35);
    expect(allowedBy('worker-policy.json')).toEqual(needed.worker);
  });

  it('in an API', () => expect(allowedBy('api-policy.json')).toEqual(needed.api));

  it('in a janitor: with the retention that only anchors have', () => {
    const retaining = filesUnder('src/control-plane').filter((file) => read(file).includes('retainDays:'));
    expect(retaining).toEqual(['src/control-plane/composition/audit-anchors.ts', `${ARTIFACTS}/bucket.ts`]);
    expect(allowedBy('janitor-policy.json')).toEqual(needed.janitor);
  });

  it('in the policies of the buckets: the same actions as those of who uses them', () => {
    // The read-back looks at all buckets of the account, not at these two.
    const onAccount = ['s3:ListAllMyBuckets', 's3:GetBucketTagging'];
    const onObjects = (actions: readonly string[]) =>
      actions.filter((action) => action.startsWith('s3:') && !onAccount.includes(action));
    expect(allowedBy('artifact-bucket-policy.json')).toEqual(
      sorted([...onObjects(needed.worker), ...through(OBJECTS, debugLog), ...through(OBJECTS, retention)]),
    );
    expect(allowedBy('anchor-bucket-policy.json')).toEqual(
      sorted(
        onObjects([...through(OBJECTS, through(ANCHORS, signing)), 's3:PutObjectRetention', ...needed.api]),
      ),
    );
  });

  it('in the policy of the key, whose account stays its administrator', () => {
    const administers = ({ Sid }: Statement) => Sid === 'TheAccountAdministers';
    expect(allowedBy('key-policy.json', administers)).toEqual(['kms:*']);
    expect(allowedBy('key-policy.json', (statement) => !administers(statement))).toEqual(
      needed.worker.filter((action) => action.startsWith('kms:')),
    );
  });

  it('in the trust of roles: how the SDK, which finds the credentials, takes them on', () => {
    // Its chain assumes roles of profiles and of web identities; of an instance, EC2 does.
    expect(read('src/cli/credentials/aws-credentials.ts')).toContain('fromNodeProviderChain');
    expect(allowedBy('people-trust-policy.json')).toEqual(['sts:AssumeRole']);
    expect(allowedBy('server-trust-policy.json')).toEqual(['sts:AssumeRole']);
    expect(allowedBy('ci-trust-policy.json')).toEqual(['sts:AssumeRoleWithWebIdentity']);
  });

  it('and no other file speaks to AWS', () => {
    const elsewhere = filesUnder('src').filter(
      (file) =>
        ![ARTIFACTS, SECRETS, CLOUD, NOTIFICATIONS, WAKE_UPS].some((folder) => file.startsWith(folder)) &&
        /@aws-sdk\/(?:client|lib)-/.test(read(file)),
    );
    expect(elsewhere).toEqual([]);
  });
});

it('every policy is compared above, and opens nothing wider than its own things', () => {
  expect(FILES).toEqual([
    'anchor-bucket-policy.json',
    'api-policy.json',
    'artifact-bucket-policy.json',
    'ci-trust-policy.json',
    'janitor-policy.json',
    'key-policy.json',
    'people-trust-policy.json',
    'server-trust-policy.json',
    'worker-policy.json',
  ]);
  const wide = FILES.flatMap((file) =>
    statementsOf(file)
      .filter(
        ({ Effect, Action, Resource, Principal }) =>
          Effect === 'Allow' &&
          [...Action, Resource, Principal].some((part) => /^(?:\w+:)?\*$/.test(`${part}`)),
      )
      .map(({ Sid }) => `${file} ${Sid}`),
  );
  // The policy of a key speaks of that key alone; read-backs and scans ask about a whole account.
  expect(wide).toEqual([
    'key-policy.json TheAccountAdministers',
    'key-policy.json ThroughS3AndSecretsManager',
    'worker-policy.json ReadBackAndPreflight',
    'worker-policy.json OrphanScans',
  ]);
});

it('docs/connect-aws.md lists what the preflight simulates for a destroy, and when', () => {
  const page = read('docs/connect-aws.md');
  const rows = DESTROY_PERMISSIONS.map(
    ({ when, actions }) =>
      `| ${when} | ${Object.keys(actions)
        .map((action) => `\`${action}\``)
        .join(', ')} |`,
  );
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  // The worker's own policy allows the simulation, and nothing that deletes.
  const worker = allowedBy('worker-policy.json');
  expect(worker).toContain('iam:SimulatePrincipalPolicy');
  const deleting = DESTROY_PERMISSIONS.flatMap(({ actions }) => Object.keys(actions));
  expect(deleting.filter((action) => worker.includes(action))).toEqual(['s3:ListBucket']);
});

it('docs/connect-aws.md names each policy, and each placeholder in it', () => {
  const page = read('docs/connect-aws.md');
  expect(FILES.filter((file) => !page.includes(file))).toEqual([]);
  const placeholders = new Set(
    FILES.flatMap((file) => read(`deploy/aws/${file}`).match(/\b[A-Z]+_[A-Z_]+\b|\bREGION\b/g) ?? []),
  );
  expect([...placeholders].filter((placeholder) => !page.includes(`s|${placeholder}|`))).toEqual([]);
});

/** The actions of every SDK command that the files of a folder send. */
function actionsOf(folder: string): string[] {
  return sorted(filesUnder(folder).flatMap((file) => actionsIn(read(file))));
}

function actionsIn(source: string): string[] {
  const services = [...source.matchAll(/@aws-sdk\/([a-z0-9-]+)'/g)].map(([, name = '']) => SERVICES[name]);
  const commands = [...source.matchAll(/new (?:sdk\.)?([A-Z]\w+)Command\(/g)].map(([, name = '']) => name);
  // The client of EC2 has a method for each command.
  const methods = [...source.matchAll(/\bec2\.describe(\w+)\(/g)].map(([, name]) => `ec2:Describe${name}`);
  const service = services.find((name) => name !== undefined);
  return [
    ...commands.map((name) => commandAction(source, name) ?? `${service}:${name}`),
    ...methods,
    ...(source.includes('new Upload(') ? UPLOAD : []),
  ].flatMap((action) => OTHER_NAMES[action] ?? [action]);
}

/** In a file that uses several services, the import just above tells whose command it is. */
function commandAction(source: string, command: string): string | undefined {
  const imported = new RegExp(
    `\\{[^{}]*\\b${command}Command\\b[^{}]*\\} = await import\\(\\s*'@aws-sdk/([a-z0-9-]+)'`,
  );
  const service = SERVICES[imported.exec(source)?.[1] ?? ''];
  return service && `${service}:${command}`;
}

/** The methods that a file, or the files of a folder, call on something of this name. */
function callsIn(path: string, name: string): string[] {
  const call = new RegExp(`${name.replace(/[?.]/g, '\\$&')}\\.(\\w+)\\(`, 'g');
  return filesUnder(path).flatMap((file) => [...read(file).matchAll(call)].map(([, method = '']) => method));
}

/** @throws for a call that the table does not know: its actions have to be found out. */
function through(table: Actions, calls: readonly string[]): string[] {
  return calls.flatMap((call) => {
    const actions = table[call];
    if (actions === undefined) throw new Error(`no one said what AWS is asked for by ${call}`);
    return actions;
  });
}

function filesUnder(path: string): string[] {
  if (!existsSync(join(ROOT, path))) throw new Error(`${path} is gone: name its successor`);
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => `${path}/${name}`);
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

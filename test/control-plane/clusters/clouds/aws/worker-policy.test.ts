import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const ENGINES = ['kernel/artifacts/s3', 'kernel/secrets/aws', 'clusters/clouds/aws'];

/** The prefix of a service's actions, by its package. */
const SERVICES: Readonly<Record<string, string>> = {
  'client-ec2': 'ec2',
  'client-elastic-load-balancing-v2': 'elasticloadbalancing',
  'client-iam': 'iam',
  'client-resource-groups-tagging-api': 'tag',
  'client-route-53': 'route53',
  'client-s3': 's3',
  'client-secrets-manager': 'secretsmanager',
  'client-service-quotas': 'servicequotas',
  'client-sts': 'sts',
};
/** Where the action is called otherwise than the operation. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  's3:ListBuckets': ['s3:ListAllMyBuckets'],
  's3:ListObjectsV2': ['s3:ListBucket'],
  // Everybody may ask who they are.
  'sts:GetCallerIdentity': [],
};
/** lib-storage: one request or several, and the end of what failed. S3 asks KMS in the caller's name, also for reading. */
const UPLOAD = ['s3:PutObject', 's3:AbortMultipartUpload', 'kms:GenerateDataKey', 'kms:Decrypt'];

const policySchema = z.object({
  Statement: z.array(
    z.object({ Action: z.union([z.string(), z.array(z.string())]), Effect: z.literal('Allow') }),
  ),
});

function sources(): string[] {
  return ENGINES.flatMap((engine) => {
    const folder = join(root, 'src/control-plane', engine);
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8'));
  });
}

function actionsOf(source: string): string[] {
  const services = [...source.matchAll(/@aws-sdk\/([a-z0-9-]+)'/g)].map(([, name = '']) => SERVICES[name]);
  const commands = [
    ...new Set([...source.matchAll(/new ([A-Z]\w+)Command\(/g)].map(([, name = '']) => name)),
  ];
  const service = services.find((name) => name !== undefined);
  return [
    ...commands.map((name) => commandAction(source, name) ?? `${service}:${name}`),
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

describe("the worker's IAM policy", () => {
  it('allows exactly what the engines call', () => {
    const text = readFileSync(join(root, 'deploy/aws/worker-policy.json'), 'utf8');
    const { Statement } = policySchema.parse(JSON.parse(text));
    const allowed = Statement.flatMap(({ Action }) => Action);
    const called = [...new Set(sources().flatMap(actionsOf))];
    expect(called.length).toBeGreaterThan(30);
    expect(allowed.toSorted()).toEqual(called.toSorted());
  });
});

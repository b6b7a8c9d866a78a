import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { CREDENTIALS, describeOnMoto } from './kit.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const hasAws = await run('aws', ['--version']).then(
  () => true,
  () => false,
);

/** The commands of docs/connect-aws.md: its `sh` blocks, in order. */
function commands(): string {
  const page = readFileSync(join(ROOT, 'docs/connect-aws.md'), 'utf8');
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');
}

describeOnMoto('docs/connect-aws.md', (fixture) => {
  // The AWS CLI is not part of moto; without it this test is skipped with a message.
  it.skipIf(!hasAws)(
    'its commands, typed as written: AWS takes every policy, filled in',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'ocpctl-policies-'));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      cpSync(join(ROOT, 'deploy'), join(folder, 'deploy'), { recursive: true });
      const ask = `
aws s3api get-bucket-policy --bucket $ANCHORS --query Policy --output text
aws s3api get-object-lock-configuration --bucket $ANCHORS --query ObjectLockConfiguration.ObjectLockEnabled --output text
aws iam list-attached-role-policies --role-name ocpctl-server --query 'AttachedPolicies[].PolicyName' --output text
aws kms get-key-policy --key-id $KEY --policy-name default --query Policy --output text`;
      const { stdout } = await run('sh', ['-eu', '-c', commands() + ask], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          HOME: folder,
          AWS_ENDPOINT_URL: fixture().direct.endpoint,
          AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
          AWS_PAGER: '',
        },
      });
      const filled = readdirSync(join(folder, 'policies'));
      expect(filled).toEqual(readdirSync(join(ROOT, 'deploy/aws')));
      for (const name of filled) {
        const text = readFileSync(join(folder, 'policies', name), 'utf8');
        expect([name, text.match(/\b[A-Z]+_[A-Z_]+\b|\bREGION\b/g)]).toEqual([name, null]);
        expect(() => JSON.parse(text)).not.toThrow();
      }
      expect(stdout).toContain('NeverHidden');
      expect(stdout).toContain('Enabled');
      expect(stdout).toMatch(/ocpctl-api\s+ocpctl-janitor/);
      expect(stdout).toContain('ThroughS3AndSecretsManager');
    },
    240_000,
  );
});

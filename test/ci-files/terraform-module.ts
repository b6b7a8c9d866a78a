import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MODULE = 'deploy/terraform/aws';

export const read = (path: string): string => readFileSync(path, 'utf8');

export const moduleFiles = (): string[] => readdirSync(MODULE).filter((name) => name.endsWith('.tf'));

/** Terraform's own check of the format, and an evaluation without a provider, need its program. */
export const hasTerraform = ((): boolean => {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write(
      'terraform is not on PATH: NEITHER the format NOR the policies and the user data of deploy/terraform were checked\n',
    );
    return false;
  }
})();

/** What resources say after an apply, for the files of the module that name none. */
const RESOURCES = `
locals {
  account_id    = "111122223333"
  region        = "us-east-2"
  key_arn       = "arn:aws:kms:us-east-2:111122223333:key/k"
  queue_url     = "https://sqs.us-east-2.amazonaws.com/111122223333/ocpctl-wake.fifo"
  log_group     = "/ocpctl/server"
  api_port      = 8443
  api_unhealthy_seconds = 20
  bucket_names  = { artifacts = "artifact-bucket", anchors = "anchor-bucket", profiles = "profile-bucket" }
  anchor_bucket = "anchor-bucket"
  role_arns     = { for role in ["api", "worker", "janitor"] : role => "arn:aws:iam::111122223333:role/ocpctl-\${role}" }
  profile_files = toset([])
}
`;

const REQUIRED: Readonly<Record<string, unknown>> = {
  vpc_id: 'vpc-1',
  subnet_ids: ['subnet-1', 'subnet-2'],
  database_subnet_ids: ['subnet-3', 'subnet-4'],
  api_hostname: 'ocpctl.example.com',
  api_allowed_cidrs: ['10.0.0.0/8'],
  aws_accounts: ['111122223333'],
  ocpctl_version: '0.1.0',
  release_url: 'https://downloads.example.com/ocpctl',
};

interface Evaluation {
  /** What the console printed if there was an error, for example that a variable is invalid. */
  readonly problem: string;
  readonly value: unknown;
}

/** Evaluates an expression in the files of the module that name no resource. */
export async function evaluate(
  expression: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Evaluation> {
  const directory = mkdtempSync(join(tmpdir(), 'terraform-'));
  try {
    cpSync('deploy', join(directory, 'deploy'), { recursive: true });
    const module = join(directory, MODULE);
    const kept = ['policies.tf', 'user-data.tf', 'variables.tf'];
    for (const name of moduleFiles()) if (!kept.includes(name)) rmSync(join(module, name));
    writeFileSync(join(module, 'resources.tf'), RESOURCES);
    writeFileSync(join(module, 'terraform.tfvars.json'), JSON.stringify({ ...REQUIRED, ...variables }));
    const printed = await runConsole(module, `base64encode(jsonencode(${expression}))\n`);
    const [, text] = /^"([A-Za-z0-9+/=]*)"$/m.exec(printed) ?? [];
    if (text === undefined || printed.includes('Error:')) return { problem: printed, value: undefined };
    return { problem: '', value: JSON.parse(Buffer.from(text, 'base64').toString('utf8')) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runConsole(directory: string, input: string): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(
      'terraform',
      ['console'],
      { cwd: directory, env: { ...process.env, CHECKPOINT_DISABLE: '1', TF_CLI_ARGS: '' } },
      (_error, stdout, stderr) => resolve(stdout + stderr),
    );
    child.stdin?.end(input);
  });
}

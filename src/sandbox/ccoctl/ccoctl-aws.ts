import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { generatePem } from '../assets/secrets.ts';
import type { NewResource } from '../cloud/simulated-cloud.ts';
import { SANDBOX_ACCOUNT } from '../resources/plan-aws.ts';
import type { CcoctlRun } from './ccoctl-run.ts';
import { parseCredentialsRequests, type RequestedSecret } from './credentials-requests.ts';

const GLOBAL_REGION = 'us-east-1';
const MAX_ROLE_NAME_LENGTH = 64;

/** `ccoctl aws create-all`: key pair, bucket, identity provider, a role for each request. Does not roll back on failure. */
export async function createAwsCredentials(run: CcoctlRun): Promise<void> {
  const refs = parseCredentialsRequests(run.requestsDir ?? '');
  for (const folder of ['manifests', 'tls']) mkdirSync(join(run.outputDir, folder), { recursive: true });
  const issuer = `${run.name}-oidc.s3.${run.region}.amazonaws.com`;
  write(run, 'tls/bound-service-account-signing-key.key', generatePem('RSA PRIVATE KEY', 1190));
  await run.create(
    newResource(run, 's3:bucket', run.region ?? '', `${run.name}-oidc`, `arn:aws:s3:::${run.name}-oidc`),
  );
  await run.create(
    newResource(run, 'iam:oidc-provider', GLOBAL_REGION, issuer, iamArn(`oidc-provider/${issuer}`)),
  );
  write(run, 'manifests/cluster-authentication-02-config.yaml', stringify(authentication(issuer)));
  for (const [i, ref] of refs.entries()) {
    const name = `${run.name}-${ref.namespace}-${ref.name}`.slice(0, MAX_ROLE_NAME_LENGTH);
    const arn = iamArn(`role/${name}`);
    await run.create(newResource(run, 'iam:role', GLOBAL_REGION, name, arn));
    write(
      run,
      `manifests/${ref.namespace}-${ref.name}-credentials.yaml`,
      stringify(secretWithRole(ref, arn)),
    );
    if (i === Math.floor(refs.length / 2)) await run.injectFaults('credentials');
  }
}

/** `ccoctl aws delete`: deletes by tag. Logs failures but always exits with 0, as the real one. */
export async function deleteAwsCredentials(run: CcoctlRun): Promise<void> {
  const leaked = await run.injectFaults('credentials-delete');
  for (const resource of await run.cloud.findByTags({ tags: ownTag(run) })) {
    const { type, name } = resource;
    if (leaked.includes(type)) {
      run.log(`failed to delete ${type} ${name}: AccessDenied`);
      continue;
    }
    await run.cloud.remove(resource);
    run.log(`${type} ${name} deleted`);
  }
}

function newResource(run: CcoctlRun, type: string, region: string, name: string, arn: string): NewResource {
  return { id: name, arn, type, region, name, tags: ownTag(run), infraId: run.name };
}

function ownTag({ name }: Pick<CcoctlRun, 'name'>) {
  return { [`openshift.io/cloud-credential-operator/${name}`]: 'owned' };
}

function iamArn(what: string): string {
  return `arn:aws:iam::${SANDBOX_ACCOUNT}:${what}`;
}

function write({ outputDir, log }: CcoctlRun, name: string, content: string): void {
  writeFileSync(join(outputDir, name), content, { mode: 0o600 });
  log(`Saved ${name}`);
}

function authentication(issuer: string) {
  return {
    apiVersion: 'config.openshift.io/v1',
    kind: 'Authentication',
    metadata: { name: 'cluster' },
    spec: { serviceAccountIssuer: `https://${issuer}` },
  };
}

function secretWithRole({ namespace, name }: RequestedSecret, roleArn: string) {
  const lines = ['[default]', 'sts_regional_endpoints = regional', `role_arn = ${roleArn}`];
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    stringData: { credentials: `${lines.join('\n')}\n` },
    type: 'Opaque',
  };
}

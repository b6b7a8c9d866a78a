import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  ccoctlCreateArgs,
  ccoctlDeleteArgs,
} from '../../../../src/control-plane/clusters/installer/ccoctl.ts';
import { findCredentialTool } from '../../../../src/control-plane/clusters/installer/credential-tools.ts';
import {
  readCredentialsRequests,
  writeCredentialsRequests,
} from '../../../../src/control-plane/clusters/installer/credentials-requests.ts';

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ocpctl-tools-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

function program(file: string, mode = 0o755): string {
  writeFileSync(file, '');
  chmodSync(file, mode);
  return file;
}

test('a tool is where it is configured, or the first on the search path', async () => {
  const [first, second] = [folder(), folder()];
  const configured = program(join(folder(), 'ccoctl-4.20'));
  expect(await findCredentialTool('ccoctl', configured, first)).toMatchObject({ file: configured });
  const onPath = program(join(second, 'oc'));
  mkdirSync(join(first, 'oc'));
  program(join(first, 'ccoctl'), 0o644);
  expect(await findCredentialTool('oc', undefined, `:${first}:${second}`)).toMatchObject({ file: onPath });
});

test('G12: a missing tool is named, with what to do; one that is configured is never replaced by another', async () => {
  const path = folder();
  program(join(path, 'ccoctl'));
  await expect(findCredentialTool('oc', undefined, path)).rejects.toMatchObject({
    code: 'CREDENTIAL_TOOL_MISSING',
    message: expect.stringContaining('oc not found'),
    hint: expect.stringContaining('OCPCTL_OC'),
  });
  await expect(findCredentialTool('ccoctl', '/nowhere/ccoctl', path)).rejects.toMatchObject({
    code: 'CREDENTIAL_TOOL_MISSING',
    message: expect.stringContaining('/nowhere/ccoctl'),
  });
});

const target = { infraId: 'demo-4cqs4', region: 'us-south', requestsDir: '/r' };

test('every name that ccoctl gets is the infraID, so that the read-back finds what it makes', () => {
  for (const platform of ['aws', 'ibmcloud'] as const) {
    expect(ccoctlCreateArgs({ ...target, platform }, '/out', undefined)).toContain('--name=demo-4cqs4');
    expect(ccoctlDeleteArgs({ ...target, platform })).toContain('--name=demo-4cqs4');
  }
  expect(ccoctlCreateArgs({ ...target, platform: 'ibmcloud' }, '/out', 'clusters')).toContain(
    '--resource-group-name=clusters',
  );
  expect(ccoctlDeleteArgs({ ...target, platform: 'aws' })).toEqual([
    'aws',
    'delete',
    '--name=demo-4cqs4',
    '--region=us-south',
  ]);
});

const refs = [
  { namespace: 'openshift-machine-api', name: 'ibmcloud-credentials' },
  { namespace: 'openshift-image-registry', name: 'installer-cloud-credentials' },
];

test('requests that are written for a delete lead to the same secrets', async () => {
  const dir = join(folder(), 'requests');
  await writeCredentialsRequests(dir, refs);
  expect(await readCredentialsRequests(dir)).toEqual(refs);
  expect(readdirSync(dir).map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([0o600, 0o600]);
});

const requestFor = (namespace: string) =>
  `---\nkind: CredentialsRequest\nspec:\n  secretRef:\n    name: a\n    namespace: ${namespace}\n`;

test('a file may hold several requests, and empty documents between them', async () => {
  const dir = folder();
  writeFileSync(join(dir, 'all.yaml'), `${requestFor('openshift-a')}---\n${requestFor('openshift-b')}`);
  expect((await readCredentialsRequests(dir)).map(({ namespace }) => namespace)).toEqual([
    'openshift-a',
    'openshift-b',
  ]);
});

test.each([
  ['no file', undefined],
  ['something else', 'kind: Secret\nspec: {}\n'],
  ['no YAML', ': [unclosed'],
  ['a name that leads out of the folder', requestFor('../../etc')],
])('%s is refused', async (_, text) => {
  const dir = folder();
  if (text !== undefined) writeFileSync(join(dir, 'request.yaml'), text);
  await expect(readCredentialsRequests(dir)).rejects.toMatchObject({ code: 'CREDENTIALS_REQUESTS_INVALID' });
});

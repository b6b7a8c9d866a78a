import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AwsError } from '../../../../src/control-plane/clusters/clouds/aws/aws-error.ts';
import type { Cloud } from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { InstallerError } from '../../../../src/control-plane/clusters/installer/installer-error.ts';
import { WorkerHost } from '../../../../src/control-plane/clusters/jobs/worker-host.ts';
import { asArtifactError } from '../../../../src/control-plane/kernel/artifacts/artifact-error.ts';
import { DatabaseUnavailableError } from '../../../../src/control-plane/kernel/errors.ts';
import { JobFailure } from '../../../../src/control-plane/kernel/jobs/job.ts';
import { tempDir } from '../installer/temp-dir.ts';

const EXPIRED = new AwsError('CREDENTIALS_INVALID', 'AWS rejected them (ExpiredToken)', {
  hint: 'replace them',
  retryable: false,
});
const MISSING = new AwsError('CREDENTIALS_MISSING', 'there are none', { hint: 'set them', retryable: false });
const SILENT = new AwsError('CLOUD_UNAVAILABLE', 'no answer', { hint: 'wait', retryable: true });

/** A cloud whose answer to who calls is the test's. */
function cloudOf(kind: 'aws' | 'ibmcloud', credentialsMode?: 'Manual') {
  const state = { error: undefined as Error | undefined, calls: 0 };
  const account = async () => {
    state.calls += 1;
    if (state.error) throw state.error;
    return '111122223333';
  };
  return { state, cloud: { kind, credentialsMode, account } as unknown as Cloud };
}

async function hostOf(
  clouds: readonly Cloud[],
  changes: Partial<ConstructorParameters<typeof WorkerHost>[0]> = {},
) {
  const workDir = join(await tempDir(), 'work');
  const time = { ms: 0 };
  const host = new WorkerHost({
    workDir,
    minFreeDiskMb: 0,
    clouds: { connected: clouds },
    installers: { assertAvailable: async () => {} },
    credentialTool: async () => {},
    clock: { monotonicMs: () => time.ms },
    ...changes,
  });
  return { host, workDir, time };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the host of a worker', () => {
  test('V3: with too little disk it makes no clusters, and still destroys them', async () => {
    const { host } = await hostOf([cloudOf('aws').cloud], { minFreeDiskMb: Number.MAX_SAFE_INTEGER });
    expect(await host.createProblem()).toMatchObject({
      code: 'DISK_TOO_SMALL',
      message: expect.stringMatching(
        /^not enough disk space for an install: \d+ MiB free, \d+ MiB needed \(free/,
      ),
    });
    expect(await host.destroyProblem()).toBeUndefined();
  });

  test('N8: without a work folder it does neither', async () => {
    const { host, workDir } = await hostOf([cloudOf('aws').cloud]);
    await writeFile(workDir, 'a file in its place');
    for (const problem of [await host.createProblem(), await host.destroyProblem()])
      expect(problem?.message).toBe(
        `the work folder ${workDir} is not a directory (remove what is in its place)`,
      );
  });

  test('N8: one check of all job types writes one file, and the next check another one', async () => {
    const written: string[] = [];
    const writeProbe = async (file: string) => void written.push(file);
    const { host } = await hostOf([cloudOf('aws').cloud], { writeProbe });
    const check = () => Promise.all([host.createProblem(), host.destroyProblem(), host.destroyProblem()]);
    await check();
    expect(written).toHaveLength(1);
    await check();
    expect(written).toHaveLength(2);
  });

  test('V3: without an installer, or without oc and ccoctl where a cloud needs them, it makes no clusters', async () => {
    const none = async () => {
      throw new InstallerError('INSTALLER_NOT_FOUND', 'no openshift-install', { hint: 'pass --installer' });
    };
    const bare = await hostOf([cloudOf('aws').cloud], { installers: { assertAvailable: none } });
    expect(await bare.host.createProblem()).toMatchObject({ code: 'INSTALLER_NOT_FOUND' });
    expect(await bare.host.destroyProblem()).toBeUndefined();
    const credentialTool = async (name: string) => {
      if (name === 'ccoctl') throw new InstallerError('CREDENTIAL_TOOL_MISSING', 'ccoctl not found');
    };
    const manual = await hostOf([cloudOf('aws', 'Manual').cloud], { credentialTool });
    expect(await manual.host.createProblem()).toEqual({
      code: 'CREDENTIAL_TOOL_MISSING',
      message: 'ccoctl not found',
    });
    expect(await manual.host.destroyProblem()).toBeUndefined();
    const mint = await hostOf([cloudOf('aws').cloud], { credentialTool });
    expect(await mint.host.createProblem()).toBeUndefined();
  });

  test('V3: with rejected credentials it does neither, until they are accepted; accepted ones are asked for once a minute', async () => {
    const { cloud, state } = cloudOf('aws');
    const { host, time } = await hostOf([cloud]);
    expect(await host.createProblem()).toBeUndefined();
    time.ms = 59_000;
    expect(await host.destroyProblem()).toBeUndefined();
    expect(state.calls).toBe(1);
    state.error = EXPIRED;
    time.ms = 60_000;
    // The old answer still counts while the cloud is asked.
    expect(await host.createProblem()).toBeUndefined();
    await settled();
    const problem = {
      code: 'CREDENTIALS_INVALID',
      message: 'AWS rejected them (ExpiredToken) (replace them)',
      isPermanent: false,
    };
    expect(await host.createProblem()).toEqual(problem);
    expect(await host.destroyProblem()).toEqual(problem);
    state.error = undefined;
    time.ms = 70_000;
    await host.createProblem();
    await settled();
    expect(await host.createProblem()).toBeUndefined();
    expect(state.calls).toBe(3);
  });

  test('V3: credentials that the worker has had are awaited; those that it never had are a mistake', async () => {
    const { cloud, state } = cloudOf('aws');
    state.error = MISSING;
    const { host } = await hostOf([cloud]);
    expect(await host.createProblem()).toMatchObject({ code: 'CREDENTIALS_MISSING', isPermanent: true });
    expect(await host.failureOf(MISSING, 'aws')).toBeUndefined();
    state.error = undefined;
    expect(await host.failureOf(MISSING, 'aws')).toBeUndefined();
    state.error = MISSING;
    expect(await host.failureOf(MISSING, 'aws')).toMatchObject({
      code: 'CREDENTIALS_MISSING',
      spendsAttempt: false,
    });
    expect(await host.createProblem()).toMatchObject({ isPermanent: false });
  });

  test('V3: a cloud that does not answer says nothing about the credentials', async () => {
    const { cloud, state } = cloudOf('aws');
    state.error = SILENT;
    const { host } = await hostOf([cloud]);
    expect(await host.createProblem()).toBeUndefined();
    expect(await host.failureOf(SILENT, 'aws')).toBeUndefined();
  });

  test('R4: with a session that ends before a create it makes no clusters, before a destroy it does neither; no attempt is spent', async () => {
    const tooShort = new AwsError('SESSION_TOO_SHORT', 'it ends in 6 minutes', {
      hint: 'renew',
      retryable: false,
    });
    const lasts = { create: false, destroy: true };
    const { cloud } = cloudOf('aws', 'Manual');
    const assertCredentialsLast = async (command: 'create' | 'destroy') => {
      if (!lasts[command]) throw tooShort;
    };
    const { host } = await hostOf([{ ...cloud, assertCredentialsLast }]);
    const problem = {
      code: 'SESSION_TOO_SHORT',
      message: 'it ends in 6 minutes (renew)',
      isPermanent: false,
    };
    expect(await host.createProblem()).toEqual(problem);
    expect(await host.destroyProblem()).toBeUndefined();
    lasts.destroy = false;
    expect(await host.destroyProblem()).toEqual(problem);
    // It can also become too short between the claim and the work.
    const ofPreflight = new JobFailure('SESSION_TOO_SHORT', 'it ends (renew)', { retryable: false });
    for (const error of [tooShort, ofPreflight])
      expect(await host.failureOf(error, 'aws')).toMatchObject({
        code: 'SESSION_TOO_SHORT',
        retryable: true,
        spendsAttempt: false,
      });
    lasts.create = true;
    expect(await host.createProblem()).toBeUndefined();
  });

  test('V3: with one usable cloud the worker claims; a job in the other spends no attempt', async () => {
    const [good, bad] = [cloudOf('aws'), cloudOf('ibmcloud', 'Manual')];
    bad.state.error = EXPIRED;
    const { host } = await hostOf([bad.cloud, good.cloud]);
    expect(await host.createProblem()).toBeUndefined();
    expect(await host.failureOf(EXPIRED, 'ibmcloud')).toMatchObject({ spendsAttempt: false });
    expect(await host.failureOf(EXPIRED, 'aws')).toBeUndefined();
    expect(await host.failureOf(EXPIRED, 'unknown')).toBeUndefined();
  });

  test('V3: N8: a failure of the disk, a missing tool or a full store in the data directory spends no attempt', async () => {
    const { host, workDir } = await hostOf([cloudOf('aws').cloud]);
    const readOnly = Object.assign(new Error('EROFS'), {
      code: 'EROFS',
      syscall: 'rmdir',
      path: join(workDir, 'job_1'),
    });
    expect(await host.failureOf(readOnly, 'aws')).toMatchObject({
      code: 'WORK_FOLDER_UNUSABLE',
      message: `the work folder ${workDir} is read-only (mount its file system for writing)`,
      retryable: true,
      spendsAttempt: false,
    });
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
    const storeFull = asArtifactError(full, 'storing a snapshot');
    expect(await host.failureOf(storeFull, 'aws')).toMatchObject({
      code: 'STORAGE_FULL',
      spendsAttempt: false,
    });
    const tool = new InstallerError('CREDENTIAL_TOOL_MISSING', 'oc not found');
    expect(await host.failureOf(tool, 'aws')).toMatchObject({ spendsAttempt: false });
    const already = await host.failureOf(full, 'aws');
    expect(await host.failureOf(already, 'aws')).toBe(already);
  });

  test('V3: an error without a known cause is that of the work folder when nothing can be written there', async () => {
    const { host, workDir } = await hostOf([cloudOf('aws').cloud]);
    const vague = [
      new SyntaxError('Unexpected end of JSON input'),
      new JobFailure('UNKNOWN', 'the installer ended without an error message', { retryable: true }),
      new InstallerError('METADATA_MISSING', 'no metadata.json'),
    ];
    for (const error of vague) expect(await host.failureOf(error, 'aws')).toBeUndefined();
    await rm(workDir, { recursive: true });
    await writeFile(workDir, 'a file in its place');
    for (const error of vague)
      expect(await host.failureOf(error, 'aws')).toMatchObject({
        code: 'WORK_FOLDER_UNUSABLE',
        spendsAttempt: false,
      });
    expect(
      await host.failureOf(new JobFailure('QUOTA_EXCEEDED', 'too many', { retryable: false }), 'aws'),
    ).toBeUndefined();
    expect(await host.failureOf(new DatabaseUnavailableError('gone'), 'aws')).toBeUndefined();
  });

  test('V3: what the installer says of a full disk or of credentials counts when the host has that problem', async () => {
    const { cloud, state } = cloudOf('aws');
    const says = (code: string) => new JobFailure(code, 'as the log has it', { retryable: true });
    const roomy = await hostOf([cloud]);
    for (const code of ['WORKER_DISK_FULL', 'CREDENTIALS_EXPIRED', 'QUOTA_EXCEEDED'])
      expect(await roomy.host.failureOf(says(code), 'aws')).toBeUndefined();
    const tight = await hostOf([cloud], { minFreeDiskMb: Number.MAX_SAFE_INTEGER });
    state.error = EXPIRED;
    for (const code of ['WORKER_DISK_FULL', 'CREDENTIALS_EXPIRED', 'IBM_API_KEY_INVALID'])
      expect(await tight.host.failureOf(says(code), 'aws')).toMatchObject({ code, spendsAttempt: false });
    expect(await tight.host.failureOf(says('QUOTA_EXCEEDED'), 'aws')).toBeUndefined();
  });
});

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { STS } from '@aws-sdk/client-sts';
import { fromProcess } from '@aws-sdk/credential-providers';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import {
  type AwsCloud,
  type AwsCloudOptions,
  awsCloud,
} from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import type { PreflightRequest } from '../../src/control-plane/clusters/clouds/cloud.ts';
import { eventually } from '../e2e/eventually.ts';
import { accountOf } from './account.ts';
import { createReady, openInstallation } from './installation.ts';
import { inventory } from './inventory.ts';
import { CREDENTIALS, describeOnMoto, PREFLIGHT_REQUEST, REGION } from './kit.ts';

const run = promisify(execFile);
const MINUTE_MS = 60_000;
const REQUEST: PreflightRequest = { ...PREFLIGHT_REQUEST, credentialsMode: 'Manual' };
// Not a copy of CREDENTIALS: the SDK marks an object that it is given as fixed.
const sessionOf = (number: number, endsInMinutes: number) => ({
  accessKeyId: CREDENTIALS.accessKeyId,
  secretAccessKey: CREDENTIALS.secretAccessKey,
  sessionToken: `session ${number}`,
  expiration: new Date(Date.now() + endsInMinutes * MINUTE_MS),
});

/** A clock whose sleeps end when the test says so. */
function steppedClock() {
  let wake: (() => void) | undefined;
  return {
    now: () => new Date(),
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake = resolve;
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    step: () => wake?.(),
  };
}

describeOnMoto('a session of the worker that ends', (fixture) => {
  const open = (credentials: AwsCloudOptions['credentials'], clock = steppedClock()): AwsCloud =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      ...(credentials === undefined ? {} : { credentials }),
      settleMs: 0,
      clock,
      random: () => 0.5,
    });
  const preflight = (cloud: AwsCloud) => cloud.preflight(REQUEST, new AbortController().signal);

  /** The program's side: its HOME has a space, what it is told, and what it reads. */
  function program() {
    const folder = mkdtempSync(join(tmpdir(), 'ocpctl-session-'));
    const home = join(folder, 'ho me');
    mkdirSync(home);
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const secrets: string[] = [];
    const problems: string[] = [];
    return {
      home,
      secrets,
      problems,
      options: {
        home,
        onSecret: (value: string) => void secrets.push(value),
        onProblem: (message: string) => void problems.push(message),
      },
      async read() {
        const env = { PATH: '/usr/bin:/bin', HOME: home };
        const { stdout } = await run('sh', ['-c', 'cd && cat aws-session.json'], { env, cwd: '/' });
        return JSON.parse(stdout) as { SessionToken: string; Expiration: string };
      },
    };
  }

  beforeEach(async () => {
    await accountOf(fixture().direct).zone('labs.example.com');
  });

  it('R4: a create is refused with the figures when a fixed session cannot outlive it', async () => {
    const { problems } = await preflight(open(sessionOf(1, 6.5)));
    expect(problems).toEqual([
      {
        code: 'SESSION_TOO_SHORT',
        message: expect.stringMatching(
          /^the worker's session ends in 6 minutes, at 20.*Z, and cannot be renewed; a create needs 60$/,
        ),
        hint: expect.stringContaining('credential_process'),
        retryable: false,
      },
    ]);
    expect((await preflight(open(sessionOf(1, 61)))).problems).toEqual([]);
  });

  it('R4: so is a destroy', async () => {
    const { options } = program();
    await expect(
      open(sessionOf(1, 6.5)).installerCredentials({ command: 'destroy' }, options),
    ).rejects.toMatchObject({
      code: 'SESSION_TOO_SHORT',
      message: expect.stringContaining('ends in 6 minutes'),
    });
    const { credentials } = await open(sessionOf(1, 11)).installerCredentials(
      { command: 'destroy' },
      options,
    );
    expect(credentials).toMatchObject({ AWS_SESSION_TOKEN: 'session 1' });
  });

  it('R4: a session of environment variables is a fixed one; its end may be unknown, and is noted', async () => {
    const variables = {
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_SESSION_TOKEN: 'from a shell',
    };
    Object.assign(process.env, variables);
    onTestFinished(() => {
      for (const name of [...Object.keys(variables), 'AWS_CREDENTIAL_EXPIRATION']) delete process.env[name];
    });
    const { problems, notes } = await preflight(open(undefined));
    expect(problems).toEqual([]);
    expect(notes).toContainEqual(expect.stringContaining('AWS_CREDENTIAL_EXPIRATION'));
    process.env['AWS_CREDENTIAL_EXPIRATION'] = new Date(Date.now() + 30 * MINUTE_MS).toISOString();
    expect((await preflight(open(undefined))).problems.map(({ code }) => code)).toEqual([
      'SESSION_TOO_SHORT',
    ]);
  });

  it('R4: a session that is renewed: programs read the newest one, told to end early', async () => {
    let current = sessionOf(1, 6);
    const clock = steppedClock();
    const cloud = open(async () => current, clock);
    expect((await preflight(cloud)).problems).toEqual([]);
    const { home, secrets, options, read } = program();
    const { credentials, close } = await cloud.installerCredentials(
      { command: 'create', credentialsMode: 'Manual' },
      options,
    );
    expect(credentials).toEqual({
      AWS_CONFIG_FILE: join(home, 'aws-config'),
      AWS_SDK_LOAD_CONFIG: '1',
      AWS_REGION: REGION,
    });
    const first = await read();
    expect(first).toMatchObject({ Version: 1, SessionToken: 'session 1' });
    expect(Date.parse(first.Expiration)).toBe(current.expiration.getTime() - 2 * MINUTE_MS);

    current = sessionOf(2, 3);
    await renewedBy(cloud);
    clock.step();
    await eventually('the second session is there', async () => (await read()).SessionToken === 'session 2');
    expect(secrets).toEqual(expect.arrayContaining(['session 1', 'session 2', CREDENTIALS.secretAccessKey]));
    await close?.();
    expect(existsSync(join(home, 'aws-session.json'))).toBe(false);
  });

  it('R4: a renewal that fails is reported once, and tried again', async () => {
    let current: ReturnType<typeof sessionOf> | undefined = sessionOf(1, 3);
    const clock = steppedClock();
    const cloud = open(async () => {
      if (current === undefined) throw Object.assign(new Error('gone'), { name: 'CredentialsProviderError' });
      return current;
    }, clock);
    const { options, problems, read } = program();
    const { close } = await cloud.installerCredentials({ command: 'destroy' }, options);
    current = undefined;
    clock.step();
    await eventually('it is reported', async () => problems.length === 1);
    clock.step();
    current = sessionOf(2, 60);
    await eventually('the second session is there', async () => {
      clock.step();
      return (await read()).SessionToken === 'session 2';
    });
    expect(problems).toEqual([expect.stringContaining('cannot renew the session of the running program')]);
    await close?.();
  });

  it('R4: a process without Expiration in its output gives a session that the SDK never asks for again: a fixed one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ocpctl-process-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = CREDENTIALS;
    const output = (more: object) => JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, ...more });
    const Expiration = new Date(Date.now() + 30 * MINUTE_MS).toISOString();
    const opened = async (more: object) => {
      writeFileSync(join(folder, 'session.json'), output(more));
      const cloud = open(fromProcess({ profile: 'worker', configFilepath: join(folder, 'config') }));
      const { credentials, close } = await cloud.installerCredentials(
        { command: 'destroy' },
        program().options,
      );
      await close?.();
      const { problems, notes } = await preflight(cloud);
      return {
        isRenewed: 'AWS_CONFIG_FILE' in credentials,
        problems,
        notes: notes.filter((note) => note.includes('session')),
      };
    };
    writeFileSync(
      join(folder, 'config'),
      `[profile worker]\ncredential_process = cat ${join(folder, 'session.json')}\n`,
    );
    expect(await opened({ SessionToken: 's', Expiration })).toEqual({
      isRenewed: true,
      problems: [],
      notes: [],
    });
    expect(await opened({ SessionToken: 's' })).toEqual({
      isRenewed: false,
      problems: [],
      notes: [expect.stringContaining('Expiration in the output of credential_process')],
    });
    expect(await opened({})).toEqual({ isRenewed: false, problems: [], notes: [] });
  });

  it('R4: from the command line: a destroy waits for a worker whose session lasts or is renewed, and spends no attempt', async () => {
    const before = await inventory(fixture().direct);
    const site = openInstallation(fixture(), { OCPCTL_SANDBOX_AWS_ENDPOINT: fixture().endpoint });
    const first = await site.start({ mode: 'real' });
    await createReady(site, 'demo');
    await first.stop();

    const sts = new STS(fixture().direct);
    const sessionFor = async (minutes: number) => {
      const RoleArn = 'arn:aws:iam::123456789012:role/worker';
      const { Credentials } = await sts.assumeRole({ RoleArn, RoleSessionName: 'test' });
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
      const Expiration = new Date(Date.now() + minutes * MINUTE_MS).toISOString();
      return { Version: 1, AccessKeyId, SecretAccessKey, SessionToken, Expiration };
    };
    const [short, long] = [await sessionFor(4), await sessionFor(60)];
    const fixed = await site.start({
      mode: 'real',
      env: {
        AWS_ACCESS_KEY_ID: short.AccessKeyId,
        AWS_SECRET_ACCESS_KEY: short.SecretAccessKey,
        AWS_SESSION_TOKEN: short.SessionToken,
        AWS_CREDENTIAL_EXPIRATION: short.Expiration,
      },
    });
    expect((await site.cli('destroy', 'demo', '--yes')).code).toBe(0);
    const newestJob = async () => {
      const { stdout } = await site.cli('jobs', 'list', '--cluster', 'demo', '--json');
      return JSON.parse(stdout).items[0];
    };
    await eventually('the job waits for a worker', async () =>
      String((await newestJob()).waitingReason).includes('session ends in'),
    );
    expect(await newestJob()).toMatchObject({ type: 'DESTROY', status: 'PENDING', attempt: 0 });
    await fixed.stop();

    // A process that gives the short session once, and then the long one.
    const file = (name: string) => join(site.folder, name);
    writeFileSync(file('next.json'), JSON.stringify(short));
    writeFileSync(file('long.json'), JSON.stringify(long));
    const command = `sh -c "cat ${file('next.json')} && cp ${file('long.json')} ${file('next.json')}"`;
    writeFileSync(file('aws-config'), `[profile worker]\ncredential_process = ${command}\n`);
    fixture().proxy.reset();
    await site.start({
      mode: 'real',
      env: {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_PROFILE: 'worker',
        AWS_CONFIG_FILE: file('aws-config'),
      },
    });
    expect((await site.cli('wait', 'demo', '--for', 'destroyed')).code).toBe(0);
    expect(await newestJob()).toMatchObject({ type: 'DESTROY', status: 'SUCCEEDED', attempt: 1 });
    expect(await inventory(fixture().direct)).toEqual(before);
    // Only the installer speaks through the proxy.
    const keys = fixture().proxy.calls.map(({ headers }) => headers.authorization?.split(/[=/]/)[1]);
    expect(new Set(keys)).toEqual(new Set([long.AccessKeyId]));
  });
});

/** The SDK reads a session again in its last 5 minutes; the first read after that starts it in the background. */
async function renewedBy(cloud: AwsCloud): Promise<void> {
  const { config } = await cloud.clients.sts(REGION);
  await config.credentials({ forceRefresh: true });
}

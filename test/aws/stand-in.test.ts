import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2 } from '@aws-sdk/client-ec2';
import { beforeEach, expect, inject, it, onTestFinished, vi } from 'vitest';
import { setFaults } from '../../src/sandbox/faults/faults.ts';
import { writeInstaller } from '../e2e/installer-files.ts';
import { awsConfig, ibmConfig } from '../sandbox/installer-fixture.ts';
import { accountOf } from './account.ts';
import { ec2Error } from './faulty-proxy.ts';
import { inventory } from './inventory.ts';
import { CREDENTIALS, describeOnMoto } from './kit.ts';

// Hundreds of calls, which moto answers sequentially: minutes on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

describeOnMoto('the stand-in installer in a simulated AWS', (fixture) => {
  let root: string;
  let dir: string;
  let before: string[];

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'ocpctl-stand-in-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    dir = join(root, 'install');
    mkdirSync(dir);
    writeFileSync(join(dir, 'install-config.yaml'), awsConfig({ workers: 1 }));
    await accountOf(fixture().direct).zone('labs.example.com');
    before = await inventory(fixture().direct);
  });

  const faults = (...wanted: Parameters<typeof setFaults>[1]) => setFaults(join(root, 'cloud'), wanted);
  const left = async () => (await inventory(fixture().direct)).filter((thing) => !before.includes(thing));

  function start(command: string, env: NodeJS.ProcessEnv = {}) {
    const child = spawn(
      writeInstaller(root, '4.20.3', inject('standIn')),
      [...command.split(' '), '--log-level=debug', '--dir', dir],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
          AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
          OCPCTL_SANDBOX_CLOUD: join(root, 'cloud'),
          OCPCTL_SANDBOX_SPEED: '0',
          OCPCTL_SANDBOX_AWS_ENDPOINT: fixture().endpoint,
          ...env,
        },
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    let stderr = '';
    const waiting: { text: string; heard: () => void }[] = [];
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      for (const { text, heard } of waiting) if (stderr.includes(text)) heard();
    });
    return {
      child,
      finished: once(child, 'close').then(([code]) => ({ code, stderr })),
      stderrHas: (text: string) => new Promise<void>((heard) => waiting.push({ text, heard })),
    };
  }
  const run = (command: string, env: NodeJS.ProcessEnv = {}) => start(command, env).finished;

  it('L16: G2: something foreign in the network keeps a destroy going, until it is gone', async () => {
    expect(await run('create cluster')).toMatchObject({ code: 0 });
    const ec2 = new EC2(fixture().direct);
    const { Vpcs = [] } = await ec2.describeVpcs({
      Filters: [{ Name: 'tag:ClusterId', Values: ['clu_one'] }],
    });
    const foreign = await ec2.createSubnet({ VpcId: Vpcs[0]?.VpcId, CidrBlock: '10.0.250.0/24' });
    const { child, finished, stderrHas } = start('destroy cluster');
    await stderrHas('level=warning msg=DependencyViolation');
    child.kill('SIGTERM');
    expect(await finished).toMatchObject({ code: 8, stderr: expect.stringContaining('simulated AWS at') });
    expect(await left()).toEqual(expect.arrayContaining([Vpcs[0]?.VpcId, foreign.Subnet?.SubnetId]));
    await ec2.deleteSubnet({ SubnetId: foreign.Subnet?.SubnetId });
    expect(await run('destroy cluster')).toMatchObject({ code: 0 });
    expect(await left()).toEqual([]);
  });

  it('G2: leaves what the real one leaves: roles without tags, and public records when the private zone is gone', async () => {
    await faults({ stage: 'pre-provision', kind: 'untagged' }, { stage: 'destroy', kind: 'lose-zone' });
    expect(await run('create cluster')).toMatchObject({ code: 0 });
    const { infraID } = JSON.parse(readFileSync(join(dir, 'metadata.json'), 'utf8'));
    expect(await run('destroy cluster')).toMatchObject({ code: 0 });
    expect(await left()).toEqual([
      'public record \\052.apps.demo.labs.example.com.',
      'public record api.demo.labs.example.com.',
      `role ${infraID}-master-role`,
      `role ${infraID}-worker-role`,
    ]);
  });

  it('a refusal of AWS ends a create with exit code 4 and its own code; a destroy removes what there is', async () => {
    fixture().proxy.inject({
      when: ({ service, text }) => service === 'ec2' && text.includes('Action=CreateSubnet'),
      status: 403,
      body: ec2Error('UnauthorizedOperation', 'You are not authorized to perform this operation.'),
    });
    const { code, stderr } = await run('create cluster');
    expect(code).toBe(4);
    expect(stderr).toContain(
      'failed to create cluster: infrastructure is not ready: UnauthorizedOperation: You are',
    );
    expect((await left()).length).toBeGreaterThan(4);
    expect(await run('destroy cluster')).toMatchObject({ code: 0 });
    expect(await left()).toEqual([]);
  });

  it('checks before it makes anything: the address, the credentials, the base domain, the platform', async () => {
    const errorsOf = async (command: string, env?: NodeJS.ProcessEnv) => {
      const { code, stderr } = await run(command, env);
      expect(code).toBe(1);
      return stderr;
    };
    for (const host of ['ec2.us-east-2.amazonaws.com', 'amazonaws.com', 'iam.global.api.aws']) {
      const env = { OCPCTL_SANDBOX_AWS_ENDPOINT: `https://${host}` };
      expect(await errorsOf('create cluster', env)).toContain('must be the URL of a simulated AWS');
    }
    expect(await errorsOf('create cluster', { AWS_ACCESS_KEY_ID: '' })).toContain('no AWS credentials');
    fixture().proxy.inject({
      when: ({ service }) => service === 'sts',
      status: 403,
      body: '<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>unknown key</Message></Error></ErrorResponse>',
    });
    expect(await errorsOf('create cluster')).toContain(
      '"Platform Permissions Check": validate AWS credentials: InvalidClientTokenId',
    );
    const inOther = awsConfig().replace('labs.example.com', 'other.example.com');
    const another = join(root, 'another');
    mkdirSync(another);
    dir = another;
    writeFileSync(join(dir, 'install-config.yaml'), inOther);
    expect(await errorsOf('create cluster')).toContain('"other.example.com": cannot find base domain');
    dir = join(root, 'ibm');
    mkdirSync(dir);
    writeFileSync(join(dir, 'install-config.yaml'), ibmConfig());
    expect(await errorsOf('create cluster')).toContain('makes no ibmcloud clusters');
    expect(await left()).toEqual([]);
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { listRunningInstallers } from '../../src/sandbox/cloud/installer-registry.ts';
import {
  type FolderCloud,
  openSimulatedCloud,
  type SimulatedResource,
} from '../../src/sandbox/cloud/simulated-cloud.ts';
import { type FaultInput, setFaults } from '../../src/sandbox/faults/faults.ts';
import { runInstaller } from '../../src/sandbox/installer/run-installer.ts';
import { type FinishedChild, type WatchedChild, watchChild } from '../setup/watch-child.ts';

/** The program of the last build: `npm run build` after a change of the sandbox. */
const PROGRAM = fileURLToPath(new URL('../../dist/sandbox/openshift-install.js', import.meta.url));

export const PULL_SECRET = '{"auths":{"registry.example.com":{"auth":"dXNlcjpwYXNz"}}}';

export interface ConfigOptions {
  readonly name?: string;
  readonly workers?: number;
  readonly clusterId?: string;
  readonly pullSecret?: string;
  readonly userTags?: Readonly<Record<string, string>>;
}

export function awsConfig(options: ConfigOptions = {}): string {
  return JSON.stringify({
    ...commonConfig(options, { aws: { type: 'm6i.xlarge' } }),
    platform: {
      aws: {
        region: 'us-east-2',
        userTags: {
          ManagedBy: 'cluster-control-plane',
          ClusterId: options.clusterId ?? 'clu_one',
          ...options.userTags,
        },
        propagateUserTags: true,
      },
    },
  });
}

export function ibmConfig(options: ConfigOptions & { resourceGroupName?: string } = {}): string {
  const { resourceGroupName } = options;
  return JSON.stringify({
    ...commonConfig(options, { ibmcloud: { type: 'bx2-4x16' } }),
    credentialsMode: 'Manual',
    platform: { ibmcloud: { region: 'us-south', ...(resourceGroupName ? { resourceGroupName } : {}) } },
  });
}

function commonConfig({ name, workers, pullSecret }: ConfigOptions, platform: object) {
  return {
    apiVersion: 'v1',
    metadata: { name: name ?? 'demo' },
    baseDomain: 'labs.example.com',
    publish: 'External',
    pullSecret: pullSecret ?? PULL_SECRET,
    controlPlane: { name: 'master', replicas: 3, platform },
    compute: [{ name: 'worker', replicas: workers ?? 2, platform }],
  };
}

export interface InstallerFixture {
  readonly root: string;
  readonly cloudDir: string;
  readonly cloud: FolderCloud;
  /** An install directory with this install-config.yaml. */
  installDir(name: string, config?: string): string;
  /** Runs a command in this process, without starting Node. Not for signals and `crash` faults. */
  run(dir: string, command: string, env?: Readonly<Record<string, string>>): Promise<FinishedChild>;
  /** Runs a command in a process of its own. */
  start(dir: string, command: string, env?: Readonly<Record<string, string>>): WatchedChild;
  faults(...faults: FaultInput[]): Promise<void>;
  resources(): Promise<SimulatedResource[]>;
}

/** A simulated cloud and install directories of one test. The end of the test removes them and kills what still runs. */
export function openInstallerFixture(): InstallerFixture {
  const root = mkdtempSync(join(tmpdir(), 'ocpctl-sandbox-'));
  const cloudDir = join(root, 'cloud');
  const children: ChildProcess[] = [];
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
    for (const { children: descendants } of listRunningInstallers(cloudDir)) descendants.forEach(killGroup);
    rmSync(root, { recursive: true, force: true });
  });

  const argumentsOf = (dir: string, command: string) => [
    ...command.split(' '),
    '--log-level=debug',
    '--dir',
    dir,
  ];
  const settings = { OCPCTL_SANDBOX_CLOUD: cloudDir, OCPCTL_SANDBOX_SPEED: '0' };
  return {
    root,
    cloudDir,
    cloud: openSimulatedCloud(cloudDir),
    installDir(name, config) {
      const dir = join(root, name);
      mkdirSync(dir, { recursive: true });
      if (config !== undefined) writeFileSync(join(dir, 'install-config.yaml'), config);
      return dir;
    },
    async run(dir, command, env) {
      let stdout = '';
      const stderr: Uint8Array[] = [];
      const code = await runInstaller(argumentsOf(dir, command), {
        env: { ...settings, ...env },
        argv0: PROGRAM,
        writeStdout(text) {
          stdout += text;
        },
        stderr: { isTTY: false, write: (text) => void stderr.push(Buffer.from(text)) },
      });
      return { code, signal: null, stdout, stderr: Buffer.concat(stderr).toString() };
    },
    start(dir, command, env) {
      const child = spawn(process.execPath, [PROGRAM, ...argumentsOf(dir, command)], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], ...settings, ...env },
      });
      children.push(child);
      return watchChild(child);
    },
    async faults(...faults) {
      await setFaults(cloudDir, faults);
    },
    resources: () => openSimulatedCloud(cloudDir, { caller: 'test' }).list(),
  };
}

function killGroup({ pid }: { readonly pid: number }): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

export function read(dir: string, name: string): string {
  return readFileSync(join(dir, name), 'utf8');
}

export function installLog(dir: string): string {
  return read(dir, '.openshift_install.log');
}

export function metadataOf(dir: string): { infraID: string; clusterID: string } {
  return JSON.parse(read(dir, 'metadata.json'));
}

/** Names in a directory, sorted. */
export function names(dir: string): string[] {
  return readdirSync(dir).sort();
}

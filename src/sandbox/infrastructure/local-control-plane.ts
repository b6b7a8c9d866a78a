import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { InstallDir } from '../assets/install-dir.ts';
import type { SandboxCluster } from '../assets/sandbox-cluster.ts';
import { issueAdminCertificate, renderKubeconfig } from '../assets/secrets.ts';
import { createAuthority } from '../assets/x509.ts';
import type { CommandRun, LocalControlPlane } from '../installer/command-run.ts';

export const ENVTEST_KUBECONFIG = '.clusterapi_output/envtest.kubeconfig';
const BINARIES = 'cluster-api';
/** Orphaned descendants end after this time. */
const CHILD_LIFETIME_SECONDS = 1800;
const STOP_LIMIT_MS = 1000;
const MIN_STOP_LIMIT_MS = 200;

/**
 * Starts the processes as the real installer does, each in its own process group: a signal to the group of the installer does not reach
 * them, and a SIGKILL of the installer leaves them running. `run.localControlPlane` can stop them from the first process on.
 */
export async function startLocalControlPlane(run: CommandRun, cluster: SandboxCluster): Promise<void> {
  const { dir, log } = run;
  const controllers = ['Cluster API', `${cluster.platform} infrastructure provider`];
  const children: Child[] = [];
  run.localControlPlane = createStopHandle(run, children, controllers);
  await dir.write({
    [ENVTEST_KUBECONFIG]: renderEnvtestKubeconfig(),
    '.clusterapi_output/etcd/member/wal': '',
    '.clusterapi_output/etcd.log': '',
    '.clusterapi_output/kube-apiserver.log': '',
  });
  const ignoreSignals = run.effects.stubbornChildren ? "trap '' TERM INT HUP\n" : '';
  for (const name of ['etcd', 'kube-apiserver', 'cluster-api', `cluster-api-provider-${cluster.platform}`]) {
    await dir.write({ [`${BINARIES}/${name}`]: `${ignoreSignals}exec sleep ${CHILD_LIFETIME_SECONDS}\n` });
    children.push(startChild(dir, name));
    run.registration?.setChildren(children);
  }
  log.info('Started local control plane with envtest');
  log.info(`Stored kubeconfig for envtest in: ${dir.pathOf(ENVTEST_KUBECONFIG)}`);
  for (const name of controllers)
    log.info(`Running process: ${name} with args [-v=2 --health-addr=127.0.0.1:0]`);
}

function renderEnvtestKubeconfig(): string {
  const authority = createAuthority('envtest-ca');
  const admin = issueAdminCertificate(authority);
  return renderKubeconfig({ name: 'envtest', domain: 'localhost', caBundle: authority.certificate, admin });
}

function createStopHandle(
  run: CommandRun,
  children: readonly Child[],
  controllers: readonly string[],
): LocalControlPlane {
  const { dir, log } = run;
  async function stop(): Promise<void> {
    log.info('Shutting down local Cluster API controllers...');
    const limitMs = Math.max(run.timeScale.scaled(STOP_LIMIT_MS), MIN_STOP_LIMIT_MS);
    await Promise.all(children.map((child) => stopChild(child, limitMs)));
    for (const name of controllers) log.info(`Stopped controller: ${name}`);
    log.info('Shutting down local Cluster API control plane...');
    dir.remove([BINARIES, '.clusterapi_output/etcd']);
    log.info('Local Cluster API system has completed operations');
  }
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

interface Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<unknown>;
}

/** etcd and kube-apiserver write to files, so that they keep running when the pipes of the installer close. */
function startChild(dir: InstallDir, name: string): Child {
  const logFile = `.clusterapi_output/${name}.log`;
  const output = dir.has(logFile) ? openSync(dir.pathOf(logFile), 'a') : undefined;
  const child = spawn('/bin/sh', [dir.pathOf(`${BINARIES}/${name}`)], {
    detached: true,
    cwd: dir.path,
    stdio: ['ignore', output ?? 'ignore', output ?? 'ignore'],
  });
  if (output !== undefined) closeSync(output);
  if (child.pid === undefined) throw new Error(`${name} did not start`);
  const exited = once(child, 'exit');
  child.unref();
  return { name, pid: child.pid, exited };
}

async function stopChild({ pid, exited }: Child, limitMs: number): Promise<void> {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has already ended.
    return;
  }
  await Promise.race([exited, setTimeout(limitMs)]);
}

import { type InstallDir, openInstallDir } from '../assets/install-dir.ts';
import type { SandboxCluster } from '../assets/sandbox-cluster.ts';
import type { Registration } from '../cloud/installer-registry.ts';
import { retryingCloud } from '../cloud/retrying-cloud.ts';
import type { SimulatedCloud } from '../cloud/simulated-cloud.ts';
import type { FailureContext } from '../failures/simulated-failure.ts';
import { applyFault, defaultEffects, type FaultEffects } from '../faults/fault-effects.ts';
import { takeFaults } from '../faults/faults.ts';
import type { Stage } from '../faults/stages.ts';
import type { InstallerLog } from '../log/installer-log.ts';
import type { TimeScale } from '../runtime/time-scale.ts';
import type { InstallerCommand } from './arguments.ts';
import type { SandboxRelease } from './sandbox-release.ts';

/** The processes that stand for etcd, kube-apiserver and the Cluster API controllers. */
export interface LocalControlPlane {
  /** Ends them (SIGTERM, with a time limit) and removes their binaries. Idempotent. */
  stop(): Promise<void>;
}

/** The state of one command that its steps share. */
export interface CommandRun {
  readonly command: InstallerCommand;
  readonly version: string;
  readonly release: SandboxRelease;
  readonly dir: InstallDir;
  readonly log: InstallerLog;
  readonly timeScale: TimeScale;
  readonly cloud: SimulatedCloud;
  readonly effects: FaultEffects;
  readonly startedAtMs: number;
  readonly skipPasswordPrint: boolean;
  /** Values for failure texts; filled in as the run learns them. */
  failureContext: FailureContext;
  attempt: number | undefined;
  registration: Registration | undefined;
  localControlPlane: LocalControlPlane | undefined;
  /** Applies the faults of this stage. @throws CommandExit for a `fail` fault */
  injectFaults(stage: Stage): Promise<void>;
}

export interface CommandRunOptions {
  readonly command: InstallerCommand;
  readonly version: string;
  readonly release: SandboxRelease;
  readonly dir: string;
  readonly log: InstallerLog;
  readonly timeScale: TimeScale;
  readonly cloud: SimulatedCloud;
  readonly skipPasswordPrint: boolean;
}

export function startCommandRun(options: CommandRunOptions): CommandRun {
  const effects = defaultEffects();
  const { timeScale, command, log } = options;
  const cloud = retryingCloud(options.cloud, log, timeScale);
  const run: CommandRun = {
    ...options,
    cloud,
    effects,
    dir: openInstallDir(options.dir, () => timeScale.sleep(effects.slowDiskMs)),
    startedAtMs: Date.now(),
    failureContext: UNKNOWN_CONTEXT,
    attempt: undefined,
    registration: undefined,
    localControlPlane: undefined,
    async injectFaults(stage) {
      const clusterName = run.failureContext.clusterName;
      const faults = await takeFaults(cloud.dir, { stage, command, clusterName, attempt: run.attempt });
      for (const fault of faults) await applyFault(fault, run);
    },
  };
  return run;
}

/** Used until the run knows its cluster. */
const UNKNOWN_CONTEXT: FailureContext = {
  infraId: '',
  clusterName: '',
  baseDomain: '',
  region: 'us-east-1',
  zone: 'us-east-1a',
  instanceType: 'm6i.xlarge',
};

export function failureContextOf(cluster: SandboxCluster): FailureContext {
  const { infraID, clusterName, baseDomain, region, controlPlane, platform } = cluster;
  const zone = platform === 'aws' ? `${region}a` : `${region}-1`;
  return { infraId: infraID, clusterName, baseDomain, region, zone, instanceType: controlPlane.instanceType };
}

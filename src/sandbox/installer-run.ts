import type { Command } from './argv.ts';
import type { Cloud } from './cloud.ts';
import type { SandboxCluster } from './cluster.ts';
import type { FailurePlace } from './failures/failure.ts';
import { applyFault, type Effects, noEffects } from './fault-effects.ts';
import { takeFaults } from './faults.ts';
import { type InstallDir, openInstallDir } from './install-dir.ts';
import type { InstallLog } from './install-log.ts';
import type { Pace } from './pace.ts';
import { patientCloud } from './patient-cloud.ts';
import type { Registration } from './running.ts';
import type { Stage } from './stages.ts';

/** The processes that stand for etcd, kube-apiserver and the Cluster API controllers. */
export interface LocalControlPlane {
  /** Ends them (SIGTERM, with a limit) and removes their binaries; once, however often it is called. */
  stop(): Promise<void>;
}

/** One command at work: everything its steps share. */
export interface InstallerRun {
  readonly command: Command;
  readonly version: string;
  readonly dir: InstallDir;
  readonly log: InstallLog;
  readonly pace: Pace;
  readonly cloud: Cloud;
  readonly effects: Effects;
  readonly startedAtMs: number;
  readonly skipPasswordPrint: boolean;
  /** What failures name; known better as the run goes on. */
  place: FailurePlace;
  attempt: number | undefined;
  registration: Registration | undefined;
  localControlPlane: LocalControlPlane | undefined;
  /** Says that the run has come to a stage; the faults waiting there strike. @throws InstallerExit */
  reach(stage: Stage): Promise<void>;
}

export interface RunOptions {
  readonly command: Command;
  readonly version: string;
  readonly dir: string;
  readonly log: InstallLog;
  readonly pace: Pace;
  readonly cloud: Cloud;
  readonly skipPasswordPrint: boolean;
}

export function startRun(options: RunOptions): InstallerRun {
  const effects = noEffects();
  const { pace, command, log } = options;
  const cloud = patientCloud(options.cloud, log, pace);
  const run: InstallerRun = {
    ...options,
    cloud,
    effects,
    dir: openInstallDir(options.dir, () => pace.wait(effects.slowDiskMs)),
    startedAtMs: Date.now(),
    place: UNKNOWN_PLACE,
    attempt: undefined,
    registration: undefined,
    localControlPlane: undefined,
    async reach(stage) {
      const clusterName = run.place.clusterName;
      const faults = await takeFaults(cloud.dir, { stage, command, clusterName, attempt: run.attempt });
      for (const fault of faults) await applyFault(fault, run);
    },
  };
  return run;
}

/** Which machine failures name when the run does not know its cluster. */
const UNKNOWN_PLACE: FailurePlace = {
  infraId: '',
  clusterName: '',
  baseDomain: '',
  region: 'us-east-1',
  zone: 'us-east-1a',
  instanceType: 'm6i.xlarge',
};

export function placeOfCluster(cluster: SandboxCluster): FailurePlace {
  const { infraID, clusterName, baseDomain, region, controlPlane, platform } = cluster;
  const zone = platform === 'aws' ? `${region}a` : `${region}-1`;
  return { infraId: infraID, clusterName, baseDomain, region, zone, instanceType: controlPlane.instanceType };
}

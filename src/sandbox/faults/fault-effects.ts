import { randomBytes } from 'node:crypto';
import type { InstallDir } from '../assets/install-dir.ts';
import { INSTALLER_STATE_FILE } from '../assets/state-file.ts';
import { CommandExit } from '../failures/command-exit.ts';
import { failureExit } from '../failures/failure-exit.ts';
import { defaultFailure } from '../failures/failures.ts';
import type { FailureContext } from '../failures/simulated-failure.ts';
import type { InstallerLog } from '../log/installer-log.ts';
import { forever, type TimeScale } from '../runtime/time-scale.ts';
import type { Fault } from './faults.ts';

/** How faults change the rest of this run. */
export interface FaultEffects {
  ignoreSignals: boolean;
  stubbornChildren: boolean;
  interruptRace: boolean;
  /** Destroy finds no resources. */
  findsNothing: boolean;
  listingDelayMs: number;
  slowDiskMs: number;
  undeletableTypes: readonly string[];
  leakedTypes: readonly string[];
  /** Created without tags. */
  untaggedTypes: readonly string[];
  /** The private zone is deleted before destroy lists resources. */
  privateZoneLost: boolean;
}

export function defaultEffects(): FaultEffects {
  return {
    ignoreSignals: false,
    stubbornChildren: false,
    interruptRace: false,
    findsNothing: false,
    listingDelayMs: 0,
    slowDiskMs: 0,
    undeletableTypes: [],
    leakedTypes: [],
    untaggedTypes: [],
    privateZoneLost: false,
  };
}

export interface FaultTarget {
  readonly effects: FaultEffects;
  readonly log: InstallerLog;
  readonly timeScale: TimeScale;
  readonly dir: InstallDir;
  readonly failureContext: FailureContext;
}

/** Applies a fault. Does not return for `hang` and `crash`. @throws CommandExit for a `fail` */
export async function applyFault(fault: Fault, target: FaultTarget): Promise<void> {
  const { effects, log, timeScale, dir } = target;
  switch (fault.kind) {
    case 'fail': {
      const exit = failureExit(
        fault.stage,
        fault.failure ?? defaultFailure(fault.stage),
        target.failureContext,
      );
      throw fault.exitCode === undefined ? exit : new CommandExit(fault.exitCode, exit.lines);
    }
    case 'hang':
      return await forever();
    case 'crash':
      process.kill(process.pid, 'SIGKILL');
      return await forever();
    case 'slow':
      return await timeScale.sleep(fault.seconds * 1000);
    case 'garbage':
      return log.raw(
        Buffer.concat([randomBytes(512), Buffer.from('\nlevel=info msg="unfinished\n\u0000\u001b[2J=\n')]),
      );
    case 'klog':
      return log.raw(Buffer.from(KLOG_NOISE));
    case 'huge-line':
      return log.debug(`Received a large response: ${'x'.repeat(fault.bytes)}`);
    case 'lose-state':
      return dir.remove([INSTALLER_STATE_FILE]);
    case 'slow-disk':
      effects.slowDiskMs = fault.seconds * 1000;
      return;
    case 'late':
      effects.listingDelayMs = fault.seconds * 1000;
      return;
    case 'undeletable':
      effects.undeletableTypes = fault.types;
      return;
    case 'leak':
      effects.leakedTypes = fault.types;
      return;
    case 'untagged':
      effects.untaggedTypes = fault.types;
      return;
    case 'lose-zone':
      effects.privateZoneLost = true;
      return;
    case 'ignore-signals':
      effects.ignoreSignals = true;
      return;
    case 'stubborn-children':
      effects.stubbornChildren = true;
      return;
    case 'interrupt-race':
      effects.interruptRace = true;
      return;
    case 'blind':
      effects.findsNothing = true;
      return;
    case 'throttled':
      // Handled by the listing itself (injectListingFaults).
      return;
  }
}

const KLOG_NOISE = `I0812 14:37:46.543646 1434068 warning_handler.go:65] "metadata.finalizers: prefer a domain-qualified name"
W0812 14:37:47.001122 1434068 reflector.go:561] failed to list *v1.ClusterVersion: connection refused
E0812 14:37:47.001201 1434068 memcache.go:265] couldn't get current server API group list
`;

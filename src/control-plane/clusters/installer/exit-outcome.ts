import type { LogRecord } from './log-record.ts';

/** What a run of the installer may have left in the cloud. */
export type ExistingResources = 'nothing' | 'maybe' | 'everything';

export type NextStep =
  | 'succeed'
  | 'fail'
  | 'retry'
  | 'destroy'
  | 'destroy-then-retry'
  | 'gather-then-destroy'
  | 'wait-for-install-complete';

export type InstallerStage =
  | 'manifests'
  | 'ignition-configs'
  | 'cluster'
  | 'bootstrap-complete'
  | 'install-complete';

export interface InstallerExit {
  readonly command: 'create' | 'wait-for' | 'destroy';
  /** The second word of the command: `create cluster`, `wait-for install-complete`. */
  readonly stage: InstallerStage;
  /** Null when a signal killed the process. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** We ended it (cancel, time limit, drain). Then the code says nothing: the installer can lose the race and exit 4. */
  readonly weSentSignal: boolean;
  /** The log of this run announced cloud writes (`startsInfrastructure`). */
  readonly reachedInfrastructure: boolean;
}

export interface ExitOutcome {
  readonly exists: ExistingResources;
  /** For destroy, `succeed` only means: go and read back. No exit code proves that the cloud is empty. */
  readonly next: NextStep;
  /** A signal of ours was the cause. */
  readonly interrupted: boolean;
  readonly summary: string;
}

export interface ExitRule {
  readonly command: InstallerExit['command'];
  readonly stages: readonly InstallerStage[];
  /** `killed`: no code at all; `other`: every code not named in a row above. */
  readonly codes: readonly number[] | 'killed' | 'other';
  /** Undefined: whichever. */
  readonly reachedInfrastructure?: boolean;
  readonly exists: ExistingResources;
  readonly next: NextStep;
  readonly summary: string;
}

/**
 * What each way to end means; the first row that fits counts. Codes are the installer's own constants (4.16 to 4.20):
 * 1 anything, 3 install config, 4 infrastructure, 5 bootstrap, 6 initialisation, 7 stability, 8 interrupted.
 */
export const EXIT_RULES: readonly ExitRule[] = [
  rule('create', ['manifests', 'ignition-configs'], [0], 'nothing', 'succeed', 'files written'),
  rule('create', ['manifests', 'ignition-configs'], [1, 2, 3], 'nothing', 'fail', 'the inputs were refused'),
  rule(
    'create',
    ['manifests', 'ignition-configs'],
    [8],
    'nothing',
    'retry',
    'interrupted by somebody else while writing files',
  ),
  rule(
    'create',
    ['manifests', 'ignition-configs'],
    'killed',
    'nothing',
    'retry',
    'killed by somebody else while writing files',
  ),
  rule('create', ['manifests', 'ignition-configs'], 'other', 'maybe', 'destroy', 'an unknown exit code'),

  rule('create', ['cluster'], [0], 'everything', 'succeed', 'installed'),
  {
    ...rule('create', ['cluster'], [1, 3], 'nothing', 'fail', 'refused before any cloud resource'),
    reachedInfrastructure: false,
  },
  rule('create', ['cluster'], [1, 3], 'maybe', 'destroy', 'failed after the infrastructure was begun'),
  rule('create', ['cluster'], [4], 'maybe', 'destroy-then-retry', 'the infrastructure could not be made'),
  rule('create', ['cluster'], [5], 'everything', 'gather-then-destroy', 'bootstrapping did not complete'),
  rule('create', ['cluster'], [6], 'everything', 'wait-for-install-complete', 'not initialised in time'),
  rule('create', ['cluster'], [7], 'everything', 'wait-for-install-complete', 'operators not stable in time'),
  rule('create', ['cluster'], [8], 'maybe', 'destroy-then-retry', 'interrupted by somebody else'),
  rule('create', ['cluster'], 'killed', 'maybe', 'destroy-then-retry', 'killed by somebody else'),
  rule('create', ['cluster'], 'other', 'maybe', 'destroy', 'an unknown exit code'),

  rule('wait-for', ['bootstrap-complete', 'install-complete'], [0], 'everything', 'succeed', 'complete'),
  rule('wait-for', ['bootstrap-complete'], [5], 'everything', 'gather-then-destroy', 'bootstrapping failed'),
  rule('wait-for', ['install-complete'], [6, 7], 'everything', 'destroy', 'still not complete'),
  rule('wait-for', ['bootstrap-complete', 'install-complete'], 'killed', 'everything', 'destroy', 'killed'),
  rule('wait-for', ['bootstrap-complete', 'install-complete'], 'other', 'everything', 'destroy', 'failed'),

  rule('destroy', ['cluster'], [0], 'maybe', 'succeed', 'uninstalled, says the installer'),
  rule('destroy', ['cluster'], 'killed', 'maybe', 'destroy', 'the uninstall was killed'),
  rule('destroy', ['cluster'], 'other', 'maybe', 'destroy', 'the uninstall failed'),
];

/** Decides what to do after the installer ended; knows every code, and takes what it does not know for the worse. */
export function classifyExit(exit: InstallerExit): ExitOutcome {
  const found = EXIT_RULES.find((row) => matches(row, exit)) ?? UNKNOWN_EXIT;
  if (!exit.weSentSignal) {
    return { exists: found.exists, next: found.next, interrupted: false, summary: found.summary };
  }
  const exists = existsAfterOurSignal(exit, found);
  return {
    exists,
    next: exists === 'nothing' ? 'fail' : 'destroy',
    interrupted: true,
    summary: 'stopped by us',
  };
}

// A second IBM Cloud destroy stops at once because the resource group went with the first.
const RESOURCE_GROUP_GONE = /ResourceGroup ['"]+.*['"]+ not found/i;

/** @returns whether a failed destroy failed because nothing is left to destroy; still to be proven by the read-back. */
export function saysAlreadyGone(record: Pick<LogRecord, 'message' | 'level'>): boolean {
  return (record.level === 'fatal' || record.level === 'error') && RESOURCE_GROUP_GONE.test(record.message);
}

const UNKNOWN_EXIT: Pick<ExitRule, 'exists' | 'next' | 'summary'> = {
  exists: 'maybe',
  next: 'destroy',
  summary: 'an unforeseen end',
};

function existsAfterOurSignal(exit: InstallerExit, found: Pick<ExitRule, 'exists'>): ExistingResources {
  if (exit.command === 'create' && exit.stage === 'cluster') return exit.code === 0 ? 'everything' : 'maybe';
  return found.exists;
}

function matches(row: ExitRule, exit: InstallerExit): boolean {
  if (row.command !== exit.command || !row.stages.includes(exit.stage)) return false;
  if (row.reachedInfrastructure !== undefined && row.reachedInfrastructure !== exit.reachedInfrastructure)
    return false;
  if (exit.code === null) return row.codes === 'killed';
  return row.codes === 'other' || (row.codes !== 'killed' && row.codes.includes(exit.code));
}

function rule(
  command: ExitRule['command'],
  stages: ExitRule['stages'],
  codes: ExitRule['codes'],
  exists: ExistingResources,
  next: NextStep,
  summary: string,
): ExitRule {
  return { command, stages, codes, exists, next, summary };
}

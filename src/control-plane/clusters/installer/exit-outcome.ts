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
  /** ocpctl stopped it (cancel, time limit, drain). Then the exit code means nothing: the installer can also exit with 4. */
  readonly weSentSignal: boolean;
  /** The log of this run announced that cloud resources are created (`startsInfrastructure`). */
  readonly reachedInfrastructure: boolean;
}

export interface ExitOutcome {
  readonly exists: ExistingResources;
  /** For a destroy, `succeed` only means that the read-back is next: no exit code proves that the cloud is empty. */
  readonly next: NextStep;
  readonly summary: string;
}

export interface ExitRule {
  readonly command: InstallerExit['command'];
  readonly stages: readonly InstallerStage[];
  /** `killed`: no exit code; `other`: every code without a row above. */
  readonly codes: readonly number[] | 'killed' | 'other';
  /** Undefined: either. */
  readonly reachedInfrastructure?: boolean;
  readonly exists: ExistingResources;
  readonly next: NextStep;
  readonly summary: string;
}

/**
 * What each exit means; the first row that matches counts. Codes are the installer's own constants (4.16 to 4.20):
 * 1 anything, 3 install config, 4 infrastructure, 5 bootstrap, 6 initialisation, 7 stability, 8 interrupted.
 */
export const EXIT_RULES: readonly ExitRule[] = [
  rule('create', ['manifests', 'ignition-configs'], [0], 'nothing', 'succeed', 'files written'),
  rule(
    'create',
    ['manifests', 'ignition-configs'],
    [1, 2, 3],
    'nothing',
    'fail',
    'the installer rejected its input',
  ),
  rule(
    'create',
    ['manifests', 'ignition-configs'],
    [8],
    'nothing',
    'retry',
    'the installer was interrupted from outside while it wrote files',
  ),
  rule(
    'create',
    ['manifests', 'ignition-configs'],
    'killed',
    'nothing',
    'retry',
    'the installer was killed from outside while it wrote files',
  ),
  rule(
    'create',
    ['manifests', 'ignition-configs'],
    'other',
    'maybe',
    'destroy',
    'the installer ended with an unknown exit code',
  ),

  rule('create', ['cluster'], [0], 'everything', 'succeed', 'installed'),
  {
    ...rule(
      'create',
      ['cluster'],
      [1, 3],
      'nothing',
      'fail',
      'the installer failed before it created cloud resources',
    ),
    reachedInfrastructure: false,
  },
  rule(
    'create',
    ['cluster'],
    [1, 3],
    'maybe',
    'destroy',
    'the installer failed after it had started to create infrastructure',
  ),
  rule('create', ['cluster'], [4], 'maybe', 'destroy-then-retry', 'the infrastructure could not be created'),
  rule('create', ['cluster'], [5], 'everything', 'gather-then-destroy', 'bootstrapping did not complete'),
  rule(
    'create',
    ['cluster'],
    [6],
    'everything',
    'wait-for-install-complete',
    'the cluster did not initialize in time',
  ),
  rule('create', ['cluster'], [7], 'everything', 'wait-for-install-complete', 'operators not stable in time'),
  rule(
    'create',
    ['cluster'],
    [8],
    'maybe',
    'destroy-then-retry',
    'the installer was interrupted from outside',
  ),
  rule(
    'create',
    ['cluster'],
    'killed',
    'maybe',
    'destroy-then-retry',
    'the installer was killed from outside',
  ),
  rule('create', ['cluster'], 'other', 'maybe', 'destroy', 'the installer ended with an unknown exit code'),

  rule('wait-for', ['bootstrap-complete', 'install-complete'], [0], 'everything', 'succeed', 'complete'),
  rule(
    'wait-for',
    ['bootstrap-complete'],
    [5],
    'everything',
    'gather-then-destroy',
    'bootstrapping did not complete',
  ),
  rule(
    'wait-for',
    ['install-complete'],
    [6, 7],
    'everything',
    'destroy',
    'the cluster is still not complete',
  ),
  rule(
    'wait-for',
    ['bootstrap-complete', 'install-complete'],
    'killed',
    'everything',
    'destroy',
    'the installer was killed',
  ),
  rule(
    'wait-for',
    ['bootstrap-complete', 'install-complete'],
    'other',
    'everything',
    'destroy',
    'the installer failed',
  ),

  rule('destroy', ['cluster'], [0], 'maybe', 'succeed', 'the installer reports success'),
  rule('destroy', ['cluster'], 'killed', 'maybe', 'destroy', 'the uninstall was killed'),
  rule('destroy', ['cluster'], 'other', 'maybe', 'destroy', 'the uninstall failed'),
];

/** Decides what follows when the installer has ended; an unknown exit is treated as one that may have left resources. */
export function classifyExit(exit: InstallerExit): ExitOutcome {
  const found = EXIT_RULES.find((row) => matches(row, exit)) ?? UNKNOWN_EXIT;
  if (!exit.weSentSignal) return { exists: found.exists, next: found.next, summary: found.summary };
  const exists = existsAfterOurSignal(exit, found);
  return { exists, next: exists === 'nothing' ? 'fail' : 'destroy', summary: 'stopped by ocpctl' };
}

const UNKNOWN_EXIT: Pick<ExitRule, 'exists' | 'next' | 'summary'> = {
  exists: 'maybe',
  next: 'destroy',
  summary: 'the installer ended in an unknown way',
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

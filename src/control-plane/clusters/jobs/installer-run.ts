import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventLevel, JobContext } from '../../kernel/jobs/job.ts';
import { guardOptions } from '../../kernel/process/guard-options.ts';
import type { GuardedExit } from '../../kernel/process/guard-protocol.ts';
import { assertGuarded } from '../../kernel/process/guarded-program.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { installerEnvironment } from '../installer/environment.ts';
import { classifyExit, type ExitOutcome, type InstallerExit } from '../installer/exit-outcome.ts';
import { INSTALL_LOG_FILE, type InstallDirs } from '../installer/install-dir.ts';
import { followInstallLog } from '../installer/install-log.ts';
import type { InstallerBinary } from '../installer/installers.ts';
import type { LogRecord } from '../installer/log-record.ts';
import { milestoneOf, startsInfrastructure } from '../installer/milestones.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { withCloudCredentials } from './program-credentials.ts';

interface CommandOptions {
  readonly binary: InstallerBinary;
  readonly cloud: Cloud;
  /** Of the install-config; undefined for a destroy. */
  readonly credentialsMode?: string | undefined;
  readonly dirs: InstallDirs;
  readonly timeoutMs: number;
}

export interface InstallerRunOptions extends CommandOptions {
  readonly command: InstallerExit['command'];
  readonly stage: InstallerExit['stage'];
}

export interface InstallerRun {
  readonly outcome: ExitOutcome;
  /** The log of this run, at most the last `MAX_RECORDS` records. */
  readonly records: readonly LogRecord[];
  readonly timedOut: boolean;
}

const MAX_RECORDS = 20_000;
const LEVELS: Readonly<Record<string, EventLevel>> = {
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
};

/** Runs an installer command and classifies its exit. */
export async function runInstallerCommand(
  context: ClusterJobContext,
  attempt: JobContext,
  options: InstallerRunOptions,
): Promise<InstallerRun> {
  const { command, stage } = options;
  const { exit, records, reachedInfrastructure, timedOut } = await runCommand(context, attempt, options, [
    command,
    stage,
  ]);
  const { code, signal, endedBy } = exit;
  const outcome = classifyExit({
    command,
    stage,
    code,
    signal,
    weSentSignal: endedBy !== 'itself',
    reachedInfrastructure,
  });
  return { outcome, records, timedOut };
}

/** Collects the logs of a failed bootstrap into a bundle in the install directory. @returns whether it succeeded */
export async function gatherBootstrap(
  context: ClusterJobContext,
  attempt: JobContext,
  options: CommandOptions,
): Promise<boolean> {
  const { exit } = await runCommand(context, attempt, options, ['gather', 'bootstrap']);
  return exit.code === 0;
}

interface CommandRun {
  readonly exit: GuardedExit;
  readonly records: readonly LogRecord[];
  readonly reachedInfrastructure: boolean;
  readonly timedOut: boolean;
}

/** Runs one installer command under the guard. Its log file becomes job events; the attempt redacts secrets in them. */
async function runCommand(
  context: ClusterJobContext,
  attempt: JobContext,
  options: CommandOptions,
  words: readonly [string, string],
): Promise<CommandRun> {
  const { binary, dirs, cloud, credentialsMode } = options;
  const command = words[0] === 'destroy' ? 'destroy' : 'create';
  const logFile = join(dirs.install, INSTALL_LOG_FILE);
  const records: LogRecord[] = [];
  let reachedInfrastructure = false;
  const log = followInstallLog(logFile, {
    from: await sizeOf(logFile),
    clock: context.clock,
    onLine: ({ record }) => {
      if (!record) return;
      if (records.push(record) > MAX_RECORDS) records.shift();
      reachedInfrastructure ||= startsInfrastructure(record);
      reportRecord(attempt, record, command);
    },
  });
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([attempt.signal, limit]);
  try {
    const exit = await withCloudCredentials(
      context,
      attempt,
      { cloud, dirs, command, credentialsMode },
      (variables) =>
        attempt.program(`openshift-install ${words.join(' ')}`, async (traceparent) => {
          const child = await context.guard.spawn({
            ...guardOptions(context, attempt),
            file: binary.file,
            args: [...binary.prefixArgs, ...words, '--dir', dirs.install, '--log-level=debug'],
            env: installerEnvironment({ dirs, path: context.searchPath, traceparent, ...variables }),
            cwd: dirs.install,
            signal,
          });
          return child.exited;
        }),
    );
    await log.finish();
    attempt.signal.throwIfAborted();
    assertGuarded(exit);
    return { exit, records, reachedInfrastructure, timedOut: limit.aborted };
  } finally {
    await log.finish();
    await attempt.flush();
  }
}

function reportRecord(attempt: JobContext, record: LogRecord, command: 'create' | 'destroy'): void {
  const level = LEVELS[record.level];
  if (!level) return;
  const milestone = level === 'debug' ? undefined : milestoneOf(record, command);
  const fields = Object.entries(record.fields).map(([key, value]) => ` ${key}=${value}`);
  attempt.event({
    kind: milestone ? 'milestone' : 'log',
    level,
    message: `${record.message}${fields.join('')}`,
    data: milestone ? { id: milestone.id, title: milestone.title, fraction: milestone.fraction } : {},
  });
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

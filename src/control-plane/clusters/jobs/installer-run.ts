import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventLevel, JobContext } from '../../kernel/jobs/job.ts';
import type { GuardedExit } from '../../kernel/process/guard-protocol.ts';
import { spawnGuarded } from '../../kernel/process/guarded-process.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { installerEnvironment } from '../installer/environment.ts';
import { type ExitOutcome, type InstallerExit, judgeExit } from '../installer/exit-outcome.ts';
import { INSTALL_LOG_FILE, type InstallDirs } from '../installer/install-dir.ts';
import { followInstallLog } from '../installer/install-log.ts';
import type { InstallerBinary } from '../installer/installer-binary.ts';
import type { LogRecord } from '../installer/log-record.ts';
import { milestoneOf, startsInfrastructure } from '../installer/milestones.ts';
import { guardTerms } from './guard-terms.ts';
import type { Workshop } from './workshop.ts';

interface Order {
  readonly binary: InstallerBinary;
  readonly cloud: Cloud;
  /** Of the install-config, where there is one. */
  readonly credentialsMode?: string | undefined;
  readonly dirs: InstallDirs;
  /** Longest time that this command may take, in milliseconds. */
  readonly timeoutMs: number;
}

export interface InstallerOrder extends Order {
  readonly command: InstallerExit['command'];
  readonly stage: InstallerExit['stage'];
}

export interface InstallerRun {
  readonly outcome: ExitOutcome;
  /** The log of this run, the newest `MAX_RECORDS` lines. */
  readonly records: readonly LogRecord[];
  readonly timedOut: boolean;
}

const MAX_RECORDS = 20_000;
const SECRET_VARIABLE = /SECRET|TOKEN|API_KEY/;
const LEVELS: Readonly<Record<string, EventLevel>> = {
  info: 'info',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
};

/** Runs a command whose end decides what comes next, and judges it. */
export async function runInstaller(
  workshop: Workshop,
  context: JobContext,
  order: InstallerOrder,
): Promise<InstallerRun> {
  const { command, stage } = order;
  const { exit, records, reachedInfrastructure, timedOut } = await runCommand(workshop, context, order, [
    command,
    stage,
  ]);
  const { code, signal, endedBy } = exit;
  const outcome = judgeExit({
    command,
    stage,
    code,
    signal,
    weSentSignal: endedBy !== 'itself',
    reachedInfrastructure,
  });
  return { outcome, records, timedOut };
}

/** Collects what a failed bootstrap leaves to be understood; the bundle stays in the install directory. @returns whether it worked */
export async function gatherBootstrap(
  workshop: Workshop,
  context: JobContext,
  order: Order,
): Promise<boolean> {
  const { exit } = await runCommand(workshop, context, order, ['gather', 'bootstrap']);
  return exit.code === 0;
}

interface CommandRun {
  readonly exit: GuardedExit;
  readonly records: readonly LogRecord[];
  readonly reachedInfrastructure: boolean;
  readonly timedOut: boolean;
}

/** Runs one installer command under the guard; its log file becomes job events, with every known secret taken out. */
async function runCommand(
  workshop: Workshop,
  context: JobContext,
  order: Order,
  words: readonly [string, string],
): Promise<CommandRun> {
  const { binary, dirs, cloud, credentialsMode } = order;
  const command = words[0] === 'destroy' ? 'destroy' : 'create';
  const logFile = join(dirs.install, INSTALL_LOG_FILE);
  const records: LogRecord[] = [];
  let reachedInfrastructure = false;
  const log = followInstallLog(logFile, {
    from: await sizeOf(logFile),
    clock: workshop.clock,
    onLine: ({ record }) => {
      if (!record) return;
      if (records.push(record) > MAX_RECORDS) records.shift();
      reachedInfrastructure ||= startsInfrastructure(record);
      report(workshop, context, record, command);
    },
  });
  const limit = AbortSignal.timeout(order.timeoutMs);
  const signal = AbortSignal.any([context.signal, limit]);
  try {
    const { credentials, extra } = await cloud.installerCredentials({ command, credentialsMode });
    for (const [name, value] of Object.entries(credentials))
      if (SECRET_VARIABLE.test(name)) workshop.redactor.register(value);
    const child = await spawnGuarded(
      {
        ...guardTerms(workshop, context),
        file: binary.file,
        args: [...binary.prefixArgs, ...words, '--dir', dirs.install, '--log-level=debug'],
        env: installerEnvironment({
          dirs,
          credentials,
          path: workshop.searchPath,
          extra: { ...workshop.installerVariables, ...extra },
        }),
        cwd: dirs.install,
        signal,
      },
      workshop.clock,
    );
    const exit = await child.exited;
    await log.finish();
    context.signal.throwIfAborted();
    return { exit, records, reachedInfrastructure, timedOut: limit.aborted };
  } finally {
    await log.finish();
    await context.flush();
  }
}

function report(
  workshop: Workshop,
  context: JobContext,
  record: LogRecord,
  command: 'create' | 'destroy',
): void {
  const level = LEVELS[record.level];
  if (!level) return;
  const milestone = milestoneOf(record, command);
  const fields = Object.entries(record.fields).map(([key, value]) => ` ${key}=${value}`);
  context.event({
    kind: milestone ? 'milestone' : 'log',
    level,
    message: workshop.redactor.redactLine(`${record.message}${fields.join('')}`).slice(0, 8_000),
    data: milestone ? { id: milestone.id, title: milestone.title, fraction: milestone.fraction } : {},
  });
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => undefined);
  return found?.size ?? 0;
}

import { resolve } from 'node:path';
import type { Clock } from '../../../kernel/clock.ts';
import type { GuardedExit } from '../../../kernel/process/guard-protocol.ts';
import {
  assertGuarded,
  GuardLostError,
  SpawnFailedError,
  WorkerSilentError,
} from '../../../kernel/process/guarded-program.ts';
import type { WorkerGuard } from '../../../kernel/process/worker-guard.ts';
import { BuildError } from '../build-error.ts';
import type { BuildRequest } from '../builder.ts';
import { shownCommand } from '../plan/command-words.ts';
import type { BuildGroup } from './build-group.ts';
import { passingFailureIn } from './passing-failures.ts';

/** Builds give way to everything else on the host. */
const NICENESS = 15;
const KILL_AFTER_MS = 5_000;
/** Lines in which the reason of a failure is looked for. */
const KEPT_LINES = 60;

export interface StepsInput {
  readonly request: Pick<BuildRequest, 'plan' | 'serviceId' | 'timeoutMs' | 'signal' | 'onLine'>;
  readonly work: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly guard: Pick<WorkerGuard, 'spawn'>;
  readonly user: number | undefined;
  readonly group: BuildGroup;
  readonly clock: Clock;
  readonly findProgram: (name: string) => string | undefined;
  /** What is said to run instead of the command lines of the steps. @default undefined: these */
  readonly shown?: string;
}

type Step = BuildRequest['plan']['steps'][number];

/**
 * Runs the steps of a plan one after the other, all within the time limit. Each ends with all its descendants before the next one begins.
 * @throws BuildError; the reason of the signal when it aborts
 */
export async function runSteps(input: StepsInput): Promise<void> {
  const { request, clock } = input;
  const limit = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(request.timeoutMs, done.signal).then(
    () => limit.abort(),
    () => undefined,
  );
  try {
    const signal = AbortSignal.any([request.signal, limit.signal]);
    for (const step of request.plan.steps) {
      request.onLine(`$ ${input.shown ?? shownCommand(step.argv)}`);
      await runStep(step, input, signal);
    }
  } catch (error) {
    if (request.signal.aborted || !limit.signal.aborted) throw error;
    const minutes = Math.round(request.timeoutMs / 6_000) / 10;
    throw new BuildError('failed', `the build was stopped after ${minutes} minutes`, {
      hint: 'give builds more time, or make it smaller',
    });
  } finally {
    done.abort();
    await timer;
  }
}

async function runStep(step: Step, input: StepsInput, signal: AbortSignal): Promise<void> {
  const { request, work, environment, guard, user, group } = input;
  const [program = '', ...args] = step.argv;
  const lines: string[] = [];
  const onLine = (line: string) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    request.onLine(line);
  };
  const cgroups = group.open();
  const oomKills = group.oomKills();
  try {
    const run = await guard.spawn({
      file: program.includes('/') ? resolve(work, program) : (input.findProgram(program) ?? program),
      args,
      env: environment,
      cwd: work,
      signal,
      killAfterMs: KILL_AFTER_MS,
      owner: request.serviceId,
      confinement: {
        niceness: NICENESS,
        cgroups,
        ...(user === undefined ? {} : { user: { uid: user, gid: user } }),
      },
      onStdoutLine: onLine,
      onStderrLine: onLine,
    });
    const exit = await run.exited;
    signal.throwIfAborted();
    assertGuarded(exit);
    if (exit.code === 0) return;
    const shown = input.shown ?? shownCommand(step.argv);
    throw group.oomKills() > oomKills
      ? outOfMemory(step, shown, group.memoryMb)
      : failureOf(step, shown, exit, lines);
  } catch (error) {
    throw asBuildError(error, step);
  }
}

function outOfMemory({ name }: Step, shown: string, memoryMb: number): BuildError {
  const message = `${shown} ran out of memory: builds have ${memoryMb} MiB`;
  return new BuildError('failed', message, {
    step: name,
    hint: 'build with fewer processes at a time, or give builds more memory',
  });
}

function failureOf(
  { name }: Step,
  shown: string,
  { code, signal }: GuardedExit,
  lines: readonly string[],
): BuildError {
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const message = `${shown} failed with ${how}`;
  const passing = passingFailureIn(name, lines);
  if (passing === undefined) return new BuildError('failed', message, { step: name });
  return new BuildError('infrastructure', `${message}: ${passing}`, { step: name });
}

function asBuildError(error: unknown, { name }: Step): unknown {
  if (error instanceof SpawnFailedError) {
    const kind = error.code === 'ENOENT' || error.code === 'EACCES' ? 'unavailable' : 'infrastructure';
    return new BuildError(kind, error.message, { step: name, cause: error });
  }
  if (error instanceof GuardLostError || error instanceof WorkerSilentError)
    return new BuildError('infrastructure', error.message, { step: name, cause: error });
  return error;
}

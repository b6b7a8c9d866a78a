import type { JobContext } from '../../kernel/jobs/job.ts';
import { spawnGuarded } from '../../kernel/process/guarded-process.ts';
import { installerEnvironment } from '../installer/environment.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import { guardTerms } from './guard-terms.ts';
import type { Workshop } from './workshop.ts';

export interface ToolOrder {
  readonly file: string;
  readonly args: readonly string[];
  readonly dirs: InstallDirs;
  /** Longest time that it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** What it gets of the worker's credentials, and further variables; nothing else of the worker's environment. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, string>>;
}

export interface ToolRun {
  readonly succeeded: boolean;
  readonly stdout: string;
  /** Why it failed, in its own last words; known secrets are taken out. */
  readonly cause: string;
  /** Its last lines on stderr, likewise; none when it was ended because it took too long. */
  readonly said: readonly string[];
}

const MAX_STDOUT_LINES = 1_000;
const LAST_LINES = 50;

/** Runs a program beside the installer under the same guard; what it says on stderr is in the job's log. */
export async function runTool(workshop: Workshop, context: JobContext, order: ToolOrder): Promise<ToolRun> {
  const { dirs, credentials, extra } = order;
  const limit = AbortSignal.timeout(order.timeoutMs);
  const stdout: string[] = [];
  const said: string[] = [];
  const child = await spawnGuarded(
    {
      ...guardTerms(workshop, context),
      file: order.file,
      args: order.args,
      env: installerEnvironment({ dirs, credentials, path: workshop.searchPath, extra }),
      cwd: dirs.tmp,
      signal: AbortSignal.any([context.signal, limit]),
      onStdoutLine: (line) => {
        if (stdout.length < MAX_STDOUT_LINES) stdout.push(line);
      },
      onStderrLine: (line) => {
        const message = workshop.redactor.redactLine(line).slice(0, 8_000);
        if (message.trim() === '') return;
        if (said.push(message) > LAST_LINES) said.shift();
        context.event({ kind: 'log', level: 'debug', message });
      },
    },
    workshop.clock,
  );
  const { code } = await child.exited;
  await context.flush();
  context.signal.throwIfAborted();
  const result = { succeeded: code === 0, stdout: stdout.join('\n') };
  if (limit.aborted) return { ...result, cause: 'it did not end in time', said: [] };
  return { ...result, cause: said.at(-1) ?? `exit code ${code}`, said };
}

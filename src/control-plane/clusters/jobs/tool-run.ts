import type { JobContext } from '../../kernel/jobs/job.ts';
import { guardOptions } from '../../kernel/process/guard-options.ts';
import { spawnGuarded } from '../../kernel/process/guarded-process.ts';
import { installerEnvironment } from '../installer/environment.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';

export interface ToolOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly dirs: InstallDirs;
  /** Longest time that it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Cloud credentials and further variables; nothing else of the worker's environment is passed on. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly extra: Readonly<Record<string, string>>;
}

export interface ToolRun {
  readonly succeeded: boolean;
  readonly stdout: string;
  /** The last line on stderr, or the exit code. */
  readonly cause: string;
  /** Its last lines on stderr; none when it timed out. */
  readonly lastLines: readonly string[];
}

const MAX_STDOUT_LINES = 1_000;
const LAST_LINES = 50;

/** Runs a program beside the installer under the same guard; its stderr goes to the job's log at level debug. */
export async function runTool(
  context: ClusterJobContext,
  attempt: JobContext,
  options: ToolOptions,
): Promise<ToolRun> {
  const { dirs, credentials, extra } = options;
  const limit = AbortSignal.timeout(options.timeoutMs);
  const stdout: string[] = [];
  const lastLines: string[] = [];
  const child = await spawnGuarded(
    {
      ...guardOptions(context, attempt),
      file: options.file,
      args: options.args,
      env: installerEnvironment({ dirs, credentials, path: context.searchPath, extra }),
      cwd: dirs.tmp,
      signal: AbortSignal.any([attempt.signal, limit]),
      onStdoutLine: (line) => {
        if (stdout.length < MAX_STDOUT_LINES) stdout.push(line);
      },
      onStderrLine: (line) => {
        if (line.trim() === '') return;
        if (lastLines.push(line) > LAST_LINES) lastLines.shift();
        attempt.event({ kind: 'log', level: 'debug', message: line });
      },
    },
    context.clock,
  );
  const { code } = await child.exited;
  await attempt.flush();
  attempt.signal.throwIfAborted();
  const result = { succeeded: code === 0, stdout: stdout.join('\n') };
  if (limit.aborted) return { ...result, cause: 'timed out', lastLines: [] };
  return { ...result, cause: lastLines.at(-1) ?? `exit code ${code}`, lastLines };
}

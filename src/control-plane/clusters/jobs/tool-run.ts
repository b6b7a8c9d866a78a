import type { JobContext } from '../../kernel/jobs/job.ts';
import { guardOptions } from '../../kernel/process/guard-options.ts';
import { assertGuarded } from '../../kernel/process/guarded-program.ts';
import type { Cloud, InstallerPurpose } from '../clouds/cloud.ts';
import type { CredentialTool } from '../installer/credential-tools.ts';
import { installerEnvironment } from '../installer/environment.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { type ProgramVariables, withCloudCredentials } from './program-credentials.ts';

export interface ToolOptions {
  /** What it is called in a trace. */
  readonly name: string;
  readonly tool: CredentialTool;
  /** Of these, the words before the first flag are in the trace. */
  readonly args: readonly string[];
  readonly dirs: InstallDirs;
  /** Longest time that it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** What the program needs credentials of the cloud for; undefined gives it none. */
  readonly use: (InstallerPurpose & { readonly cloud: Cloud }) | undefined;
}

type ToolContext = Pick<
  ClusterJobContext,
  'guard' | 'killAfterMs' | 'searchPath' | 'redactor' | 'installerVariables'
>;
type ToolAttempt = Pick<JobContext, 'job' | 'signal' | 'event' | 'flush' | 'leaseRemainingMs' | 'program'>;

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

/** Runs a program beside the installer under the same guard; its stderr goes to the job's log at level debug. Nothing of the worker's environment is passed on. */
export async function runTool(
  context: ToolContext,
  attempt: ToolAttempt,
  options: ToolOptions,
): Promise<ToolRun> {
  const { dirs, use } = options;
  if (use !== undefined) {
    return withCloudCredentials(context, attempt, { ...use, dirs }, (variables) =>
      runWith(context, attempt, options, variables),
    );
  }
  const variables = { credentials: {}, extra: context.installerVariables };
  return runWith(context, attempt, options, variables);
}

async function runWith(
  context: ToolContext,
  attempt: ToolAttempt,
  options: ToolOptions,
  variables: ProgramVariables,
): Promise<ToolRun> {
  const { dirs, name, tool, args } = options;
  const limit = AbortSignal.timeout(options.timeoutMs);
  const stdout: string[] = [];
  const lastLines: string[] = [];
  const exit = await attempt.program([name, ...wordsOf(args)].join(' '), async (traceparent) => {
    const child = await context.guard.spawn({
      ...guardOptions(context, attempt),
      file: tool.file,
      args: [...tool.prefixArgs, ...args],
      env: installerEnvironment({ dirs, path: context.searchPath, traceparent, ...variables }),
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
    });
    return child.exited;
  });
  await attempt.flush();
  attempt.signal.throwIfAborted();
  assertGuarded(exit);
  const { code } = exit;
  const result = { succeeded: code === 0, stdout: stdout.join('\n') };
  if (limit.aborted) return { ...result, cause: 'timed out', lastLines: [] };
  return { ...result, cause: lastLines.at(-1) ?? `exit code ${code}`, lastLines };
}

/** The command without its flags, which may name what is secret. */
function wordsOf(args: readonly string[]): readonly string[] {
  const flags = args.findIndex((arg) => arg.startsWith('-'));
  return flags < 0 ? args : args.slice(0, flags);
}

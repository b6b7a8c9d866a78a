import { execFile } from 'node:child_process';

export interface ProgramLimits {
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Maximum size of the output in bytes (default 1 MiB). */
  readonly maxOutputBytes?: number;
  /** What it reads on its stdin (default: nothing). */
  readonly input?: string;
  /** Whom it runs as (default: as this process). */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly cwd?: string;
}

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a short program, such as `--version`; use `spawnGuarded` for anything that changes a cloud.
 * `code` is null when the program was killed because of its time or output limit.
 * @throws the error of the system when it cannot be started
 */
export function runProgram(
  file: string,
  args: readonly string[],
  { env, timeoutMs, maxOutputBytes = 1024 * 1024, input = '', user, cwd }: ProgramLimits,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      [...args],
      {
        ...{ env, timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL', encoding: 'utf8' },
        ...{ ...user, ...(cwd === undefined ? {} : { cwd }) },
      },
      (error, stdout, stderr) => {
        if (child.pid === undefined) reject(error ?? new Error(`${file} was not started`));
        else resolve({ code: child.exitCode, stdout, stderr });
      },
    );
    // A program that has ended no longer reads.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

import { execFile } from 'node:child_process';

export interface ProgramLimits {
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Longest output that is taken, in bytes; default 1 MiB. */
  readonly maxOutputBytes?: number;
}

/**
 * Runs a program that answers a question and ends by itself; for anything that works on a cloud there is `spawnGuarded`.
 * `code` is null when it was killed, for its time or its output.
 * @throws the system's error when it cannot be started
 */
export function runProgram(
  file: string,
  args: readonly string[],
  { env, timeoutMs, maxOutputBytes = 1024 * 1024 }: ProgramLimits,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      [...args],
      { env, timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL', encoding: 'utf8' },
      (error, stdout) => {
        if (child.pid === undefined) reject(error ?? new Error(`${file} was not started`));
        else resolve({ code: child.exitCode, stdout });
      },
    );
    child.stdin?.end();
  });
}

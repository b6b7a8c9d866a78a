import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Of its stderr: the last lines say why it failed. */
const MAX_STDERR = 4_000;

export interface StreamedCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** Aborting it kills the program. */
  readonly signal: AbortSignal;
  /** Whom it runs as (default: as this process). */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** The program could not be started, or ended with another code than 0. */
export class ProgramFailedError extends Error {
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  constructor(file: string, how: string, stderr: string) {
    super(`${file.slice(file.lastIndexOf('/') + 1)} ${how}`);
    this.name = 'ProgramFailedError';
    this.stderr = stderr;
  }
}

/**
 * What a program writes, as it writes it. The end of the stream means that the program succeeded; it is for programs that end by
 * themselves when this process dies, because no one reads any more.
 * @throws ProgramFailedError
 */
export async function* streamFrom(command: StreamedCommand): AsyncGenerator<Uint8Array> {
  const { child, ended } = start(command);
  try {
    child.stdin.end();
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
    await ended;
  } finally {
    child.kill('SIGKILL');
    await ended.catch(() => {});
  }
}

/** Gives a program what it reads. When the input fails the program is killed. @throws ProgramFailedError, or the error of the input */
export async function streamInto(command: StreamedCommand, input: AsyncIterable<Uint8Array>): Promise<void> {
  const { child, ended } = start(command);
  child.stdout.resume();
  // Why it no longer reads is what it says when it ends.
  let inputError: unknown;
  const fed = pipeline(input, child.stdin).catch((error: unknown) => {
    inputError = error;
    if (!isBrokenPipe(error)) child.kill('SIGKILL');
  });
  const outcome = await ended.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  await fed;
  if (inputError !== undefined && !isBrokenPipe(inputError)) throw inputError;
  if (outcome !== undefined) throw outcome.error;
}

function start({ file, args, env, signal, user }: StreamedCommand): {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  ended: Promise<void>;
} {
  signal.throwIfAborted();
  const child = spawn(file, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', ...user });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR);
  });
  // A program that has ended no longer reads.
  child.stdin.on('error', () => {});
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new ProgramFailedError(file, `was not started: ${error.message}`, '')),
    );
    child.once('close', (code, killedBy) => {
      if (code === 0) resolve();
      else if (signal.aborted) reject(signal.reason);
      else reject(new ProgramFailedError(file, killedBy === null ? `exit ${code}` : killedBy, stderr));
    });
  }).finally(() => signal.removeEventListener('abort', kill));
  // Awaited after its output: until then no one listens.
  ended.catch(() => {});
  return { child, ended };
}

function isBrokenPipe(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

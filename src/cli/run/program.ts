import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import which from 'which';
import { isErrno } from '../config/private-file.ts';
import { type EndSignal, onEndSignals } from '../end-signals.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

/** A command that was found, with its arguments. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
}

/** @param words the command and its arguments @throws CliError PROGRAM_NOT_FOUND */
export async function findProgram(
  [command = '', ...args]: readonly string[],
  path: string,
): Promise<Program> {
  const found = await which(command, { path, nothrow: true });
  if (found !== null) return { path: found, args };
  throw new CliError('PROGRAM_NOT_FOUND', `command not found, or not executable: ${command}`, {
    exitCode: EXIT.programNotFound,
  });
}

export interface ProgramEnd {
  /** Its exit code; as in a shell, 128 and the number of the signal if one ended it. */
  readonly code: number;
  /** The signal that ended it: of itself, or handed on to it. */
  readonly signal: NodeJS.Signals | undefined;
}

/**
 * Runs a program with the streams and the terminal of this process, and hands signals on to it.
 * @param isInteractive whether Ctrl-C of the terminal reaches the program by itself; then the program decides what it means
 * @param onSignal called when a signal asks this process to end; the program has it too
 */
export async function runCommand(
  { path, args }: Program,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly isInteractive: boolean;
    readonly onSignal?: (signal: EndSignal) => void;
  },
): Promise<ProgramEnd> {
  // Not detached: it would have no terminal.
  const child = spawn(path, args, { stdio: 'inherit', env: options.env });
  const seen = new Set<EndSignal>();
  let handedOn: EndSignal | undefined;
  const stop = onEndSignals((signal) => {
    seen.add(signal);
    if (signal === 'SIGINT' && options.isInteractive) return;
    child.kill(signal);
    handedOn ??= signal;
    options.onSignal?.(signal);
  });
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', (error) => reject(cannotRunError(path, error)));
      child.once('exit', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    // A shell ends with the code of the signal that its command had from the terminal.
    const endedBy = signal ?? handedOn ?? [...seen].find((each) => code === signalCode(each));
    const ownCode = code ?? signalCode(signal ?? 'SIGKILL');
    return {
      code: ownCode === 0 && handedOn !== undefined ? signalCode(handedOn) : ownCode,
      signal: endedBy,
    };
  } finally {
    stop();
  }
}

/** The file is there, so what its first line names is missing. */
function cannotRunError(path: string, cause: Error): CliError {
  const why = isErrno(cause, 'ENOENT')
    ? 'the program that its first line names does not exist'
    : cause.message;
  return new CliError('PROGRAM_NOT_FOUND', `cannot run ${path}: ${why}`, {
    exitCode: EXIT.programNotFound,
    cause,
  });
}

function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

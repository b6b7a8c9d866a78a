import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import which from 'which';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

/** A command that was found, with its arguments. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
}

/** @param words the command and its arguments @throws CliError PROGRAM_NOT_FOUND, so that no cluster is created for nothing */
export async function findProgram(
  [command = '', ...args]: readonly string[],
  path: string,
): Promise<Program> {
  const found = await which(command, { path, nothrow: true });
  if (found !== null) return { path: found, args };
  throw new CliError('PROGRAM_NOT_FOUND', `command not found, or not executable: ${command}`, {
    exitCode: EXIT.programNotFound,
    hint: 'no cluster was created',
  });
}

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Whether Ctrl-C of the terminal reaches the program by itself; then the program decides what it means. */
  readonly isInteractive: boolean;
  /** Called when a signal asks this process to end; the program has it too. */
  readonly onSignal: (signal: NodeJS.Signals) => void;
}

/**
 * Runs a program with the streams and the terminal of this process.
 * @returns its exit code; as in a shell, 128 and the number of the signal if one ended it
 */
export async function runCommand({ path, args }: Program, options: CommandOptions): Promise<number> {
  // Not detached: it would have no terminal.
  const child = spawn(path, args, { stdio: 'inherit', env: options.env });
  let received: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && options.isInteractive) return;
    child.kill(signal);
    received ??= signal;
    options.onSignal(signal);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode, signal) => resolve(exitCode ?? signalCode(signal)));
    });
    return code === 0 && received !== undefined ? signalCode(received) : code;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

function signalCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

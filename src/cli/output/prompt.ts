import { InterruptedError, UsageError } from '../errors/cli-error.ts';
import type { Io } from './io.ts';
import { isCi } from './terminal.ts';

export interface PromptPolicy {
  readonly noInput: boolean;
  readonly machineOutput: boolean;
}

/** @returns whether somebody is there to answer: a terminal at both ends, no CI, no --no-input, no machine output. */
export function canPrompt(io: Io, policy: PromptPolicy): boolean {
  return (
    io.stdin.isTTY === true &&
    io.stderr.isTTY === true &&
    !policy.noInput &&
    !policy.machineOutput &&
    !isCi(io.env)
  );
}

/** Asks one question on stderr and reads a line. Ctrl-C ends with InterruptedError, end of input with ''. */
async function ask(io: Io, question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const lines = createInterface({ input: io.stdin, output: io.stderr, terminal: io.stdin.isTTY === true });
  return new Promise((resolve, reject) => {
    lines.once('SIGINT', () => {
      reject(new InterruptedError('SIGINT', 'nothing was changed'));
      lines.close();
    });
    lines.once('close', () => resolve(''));
    lines.question(question, (answer) => {
      resolve(answer.trim());
      lines.close();
    });
  });
}

/**
 * Makes sure that somebody really wants to lose these: `--yes`, or `--confirm` with the very names, or the names typed.
 * @throws UsageError that names the missing flag when nobody can be asked, or when the answer is another name.
 */
export async function confirmNames(
  io: Io,
  policy: PromptPolicy,
  request: {
    readonly names: readonly string[];
    readonly what: string;
    readonly yes: boolean;
    readonly confirm: readonly string[];
  },
): Promise<void> {
  const { names, what, yes, confirm } = request;
  if (yes) return;
  if (confirm.length > 0) {
    const missing = names.find((name) => !confirm.includes(name));
    if (missing === undefined) return;
    throw new UsageError(`--confirm does not name ${missing}`, { hint: `--confirm ${missing}` });
  }
  if (!canPrompt(io, policy)) {
    throw new UsageError(`${what} ${names.join(', ')} needs a confirmation, and nobody can be asked here`, {
      hint: `add --yes, or ${names.map((name) => `--confirm ${name}`).join(' ')}`,
    });
  }
  for (const name of names) {
    const answer = await ask(io, `${what} ${name}: type its name to confirm: `);
    if (answer !== name) throw new UsageError(`'${answer}' is not ${name}: nothing was changed`);
  }
}

import { printableLines } from '../../contract/escape.ts';
import { UsageError } from '../errors/cli-error.ts';
import { Dialog } from './dialog.ts';
import type { Io } from './io.ts';
import { isCi } from './terminal.ts';

export interface PromptPolicy {
  readonly noInput: boolean;
  readonly machineOutput: boolean;
}

/** @returns whether a prompt is possible: stdin and stderr are terminals, without CI, --no-input and machine output. */
export function canPrompt(io: Io, policy: PromptPolicy): boolean {
  return (
    io.stdin.isTTY === true &&
    io.stderr.isTTY === true &&
    !policy.noInput &&
    !policy.machineOutput &&
    !isCi(io.env)
  );
}

/** @throws InterruptedError on Ctrl-C and at the end of the input */
async function withDialog<T>(io: Io, work: (dialog: Dialog) => Promise<T>): Promise<T> {
  const dialog = await Dialog.open(io, 'interrupted; nothing was changed');
  try {
    return await work(dialog);
  } finally {
    dialog.close();
  }
}

/**
 * Confirms something that the caller may not expect: by `--yes`, or by an answer on the terminal.
 * @throws UsageError if a prompt is not possible, or if the answer is not yes
 */
export async function confirmConsequence(
  io: Io,
  policy: PromptPolicy,
  request: { readonly consequence: string; readonly yes: boolean },
): Promise<void> {
  if (request.yes) return;
  if (!canPrompt(io, policy))
    throw new UsageError(`confirmation required: ${request.consequence}`, {
      hint: 'pass --yes in non-interactive mode',
    });
  const question = `${request.consequence}. Continue?`;
  if (!(await withDialog(io, (dialog) => dialog.confirm(question, false))))
    throw new UsageError('not confirmed; nothing was changed');
}

/**
 * Confirms a destructive action: by `--yes` where there is one, by `--confirm` with all names, or by typing each name.
 * @throws UsageError if a prompt is not possible, or if the answer does not match
 */
export async function confirmNames(
  io: Io,
  policy: PromptPolicy,
  request: {
    readonly names: readonly string[];
    /** What each of them is; shown before the questions. */
    readonly about?: readonly string[];
    /** A verb, for example `destroy`. */
    readonly action: string;
    /** Undefined or false: not given. */
    readonly yes?: boolean | undefined;
    /** The command has no --yes. */
    readonly isNameRequired?: boolean;
    readonly confirm: readonly string[];
  },
): Promise<void> {
  const { names, about = [], action, yes, isNameRequired = false, confirm } = request;
  if (yes) return;
  if (confirm.length > 0) {
    const missing = names.find((name) => !confirm.includes(name));
    if (missing === undefined) return;
    throw new UsageError(`--confirm ${confirm.join(', ')} does not match "${missing}"`, {
      hint: `pass --confirm ${missing}`,
    });
  }
  if (!canPrompt(io, policy)) {
    const byName = names.map((name) => `--confirm ${name}`).join(' ');
    throw new UsageError(`confirmation required to ${action} ${names.join(', ')}`, {
      hint: `pass ${isNameRequired ? byName : `--yes, or ${byName},`} in non-interactive mode`,
    });
  }
  for (const line of about) io.stderr.write(`${printableLines(line)}\n`);
  await withDialog(io, async (dialog) => {
    for (const name of names) {
      const answer = await dialog.ask(`Type ${name} to ${action} it: `);
      if (answer !== name) throw new UsageError(`"${answer}" does not match "${name}"; nothing was changed`);
    }
  });
}

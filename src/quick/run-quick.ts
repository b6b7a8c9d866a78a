import { flush } from '../cli/output/io.ts';
import type { CommandConfig, QuickCommand } from './oclif-stand-in.ts';
import { type PlainGrammar, type PlainInput, parsePlain } from './parse-plain.ts';
import { QUICK_COMMANDS } from './quick-commands.ts';
import { readHelpTree } from './quick-help.ts';
import type { QuickCall } from './quick-names.ts';

/** By scripts/bundle.mjs. */
declare const OCPCTL_VERSION: string;

interface QuickClass extends Partial<PlainGrammar> {
  new (input: PlainInput, config: CommandConfig): QuickCommand;
  readonly baseFlags: PlainGrammar['flags'];
  id: string;
}

/** Runs a command without oclif. @returns false if nothing was done, because oclif has to parse the command line */
export async function runQuick(
  { id, words }: QuickCall,
  argv: readonly string[],
  dist: string,
): Promise<boolean> {
  const Class = (await QUICK_COMMANDS[id]()).default as QuickClass;
  const grammar = { flags: { ...Class.baseFlags, ...Class.flags }, args: Class.args ?? {} };
  const input = parsePlain(words, grammar);
  if (input === undefined) return false;
  Class.id = id;
  try {
    await new Class(input, { version: OCPCTL_VERSION })._run();
  } catch (thrown) {
    const { reportError } = await import('../cli/errors/error-report.ts');
    const { printFailure } = await import('../cli/errors/print-failure.ts');
    const exists = (other: string) => readHelpTree(dist).commands.some((command) => command.id === other);
    process.exitCode = await printFailure(reportError(thrown), thrown, {
      argv,
      id,
      command: grammar,
      exists,
    });
  }
  await flush(process.stdout);
  await flush(process.stderr);
  return true;
}

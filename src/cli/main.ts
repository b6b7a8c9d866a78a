import { Config } from '@oclif/core/config';
import { CLIError } from '@oclif/core/errors';
import { normalizeArgv } from '@oclif/core/help';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { closestMatch } from '../contract/closest-match.ts';
import { isObject } from '../contract/documents.ts';
import { assertCommand, flagsLast } from './command-line.ts';
import { reportError } from './errors/error-report.ts';
import { missingInput } from './errors/oclif-usage.ts';
import { type FailedCommand, printFailure } from './errors/print-failure.ts';
import { ownCommand } from './other-words.ts';
import { flush } from './output/io.ts';

/**
 * Runs a command with oclif and exits. Every error ends up here and is printed once, as text or one line of JSON, on stderr. The
 * streams are flushed before process.exit, which would cut a pipe at 64 KiB. src/quick runs some commands without oclif.
 */
export async function main({ argv: typed, root }: { argv: string[]; root: string }): Promise<void> {
  let argv = typed;
  // With NODE_ENV=test or development, oclif would look for TypeScript sources; only the build is ever run.
  settings.enableAutoTranspile = false;
  let config: Config | undefined;
  try {
    config = await Config.load({ root, devPlugins: false, userPlugins: false });
    argv = ownCommand(config, flagsLast(config, typed));
    assertCommand(config, argv);
    await run(argv, config);
  } catch (thrown) {
    const report = reportError(withSuggestion(thrown, config, argv));
    process.exitCode = await printFailure(report, thrown, failedCommand(config, argv));
  }
  await flush(process.stdout);
  await flush(process.stderr);
  // With the code of the program that `ocpctl run` ran, or of the error.
  process.exit();
}

function failedCommand(config: Config | undefined, argv: readonly string[]): FailedCommand {
  if (config === undefined) return { argv, id: '', command: undefined, exists: () => false };
  const [id = ''] = normalizeArgv(config, [...argv]);
  return {
    argv,
    id,
    command: config.findCommand(id),
    exists: (other) => config.findCommand(other) !== undefined,
  };
}

/** Adds a hint to a usage error of oclif: the closest known flag for an unknown one, an example for what is missing. */
function withSuggestion(thrown: unknown, config: Config | undefined, argv: readonly string[]): unknown {
  if (!(thrown instanceof CLIError)) return thrown;
  const example = config === undefined ? undefined : exampleOf(config, argv, missingInput(thrown));
  if (example !== undefined) thrown.suggestions = [`for example: ${example}`];
  const flag = config === undefined ? undefined : flagOfArgument(config, argv, thrown);
  if (flag !== undefined) thrown.suggestions = [`did you mean ${flag}?`];
  if (!('flags' in thrown) || !Array.isArray(thrown.flags)) return thrown;
  const known = knownFlags(thrown);
  const [typed] = thrown.flags.map(String);
  const meant = typed === undefined ? [] : meantFlags(typed.replace(/=.*$/, ''), known);
  if (meant.length > 0) thrown.suggestions = [`did you mean ${meant.join(' or ')}?`];
  return thrown;
}

/** Commands whose one value is a flag, although an argument is expected. */
const MAIN_FLAGS: Readonly<Record<string, readonly [flag: string, value: RegExp]>> = {
  'app:scale': ['--replicas', /^\d+$/],
  'app:rollback': ['--release', /^\d+$/],
  'app:var:import': ['--file', /^[^=]+$/],
  'app:env:extend': ['--by', /^\d+[mhd]$/],
  scale: ['--workers', /^\d+$/],
  extend: ['--by', /^\d+[mhd]$/],
};

/** @returns the flag with the value that was given as an argument */
function flagOfArgument(config: Config, argv: readonly string[], error: CLIError): string | undefined {
  const [, word] = /^Unexpected argument: (\S+)\n/.exec(error.message) ?? [];
  const [id = ''] = normalizeArgv(config, [...argv]);
  const [flag, value] = MAIN_FLAGS[id] ?? [];
  return word !== undefined && flag !== undefined && value?.test(word) ? `${flag} ${word}` : undefined;
}

/** @returns the first example of the command that has all that is missing */
function exampleOf(
  config: Config,
  argv: readonly string[],
  { args, flags }: ReturnType<typeof missingInput>,
): string | undefined {
  if (args.length + flags.length === 0) return undefined;
  const [id = ''] = normalizeArgv(config, [...argv]);
  const examples = config.findCommand(id)?.examples ?? [];
  const texts = examples.map((example) => (typeof example === 'string' ? example : example.command));
  const found = texts.find((text) => flags.every((flag) => text.includes(`${flag} `))) ?? texts[0];
  return found?.replaceAll('<%= config.bin %>', config.bin);
}

/** More of them are no help. */
const MOST_MEANT = 3;

/** The flag that is written almost so; for an unknown letter, the flags that begin with it. */
function meantFlags(typed: string, known: readonly string[]): readonly string[] {
  const [, letter] = /^-([a-z])/i.exec(typed) ?? [];
  const beginning =
    letter === undefined ? [] : known.filter((flag) => flag.startsWith(`--${letter.toLowerCase()}`));
  if (beginning.length > 0 && beginning.length <= MOST_MEANT) return beginning;
  const nearest = closestMatch(typed, known);
  return nearest === undefined ? [] : [nearest];
}

function knownFlags(error: object): string[] {
  const parse = 'parse' in error ? error.parse : undefined;
  const input = isObject(parse) ? parse['input'] : undefined;
  const flags = isObject(input) ? input['flags'] : undefined;
  return isObject(flags) ? Object.keys(flags).map((name) => `--${name}`) : [];
}

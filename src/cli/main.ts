import { writeSync } from 'node:fs';
import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { CLIError } from '@oclif/core/errors';
import { normalizeArgv } from '@oclif/core/help';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { closestMatch } from '../contract/closest-match.ts';
import { isObject } from '../contract/documents.ts';
import { assertCommand, flagsLast, ownWords } from './command-line.ts';
import { configDirectory, readContexts } from './config/context-file.ts';
import {
  type ErrorReport,
  errorJson,
  errorText,
  reasonOfSystemCall,
  reportError,
} from './errors/error-report.ts';
import { EXIT } from './errors/exit-codes.ts';
import { withTypedNames } from './errors/field-names.ts';
import { missingInput } from './errors/oclif-usage.ts';
import { flush } from './output/io.ts';
import { peekMachineFormat } from './output/output-format.ts';

/**
 * Runs a command and exits. Every error ends up here and is printed once, as text or one line of JSON, on stderr. The
 * streams are flushed before process.exit, which would cut a pipe at 64 KiB.
 */
export async function main({ argv: typed, root }: { argv: string[]; root: string }): Promise<void> {
  let argv = typed;
  // With NODE_ENV=test or development, oclif would look for TypeScript sources; only the build is ever run.
  settings.enableAutoTranspile = false;
  handleBrokenPipes();
  let config: Config | undefined;
  try {
    config = await Config.load({ root, devPlugins: false, userPlugins: false });
    argv = flagsLast(config, typed);
    assertCommand(config, argv);
    await run(argv, config);
  } catch (thrown) {
    const report = withListHint(reportError(withSuggestion(thrown, config, argv)), config, argv);
    process.exitCode = report.exitCode;
    await writeReport(report, thrown, { argv, command: commandOf(config, argv) });
  }
  await flush(process.stdout);
  await flush(process.stderr);
  // With the code of the program that `ocpctl run` ran, or of the error.
  process.exit();
}

/** Exits quietly when the reader closes the pipe (`| head -1`), and says when the disk of the output is full. */
function handleBrokenPipes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    writeSync(2, `Error: cannot write the output: ${reasonOfSystemCall(error) ?? error.message}\n`);
    process.exit(EXIT.error);
  });
  process.stderr.on('error', () => {});
}

function commandOf(config: Config | undefined, argv: readonly string[]): Command.Loadable | undefined {
  const [id = ''] = config === undefined ? [] : normalizeArgv(config, [...argv]);
  return config?.findCommand(id);
}

async function writeReport(
  report: ErrorReport,
  thrown: unknown,
  { argv, command }: { readonly argv: readonly string[]; readonly command: Command.Loadable | undefined },
): Promise<void> {
  const configured = await readContexts(configDirectory()).then(
    (file) => file.settings['output'],
    () => undefined,
  );
  const isMachine = peekMachineFormat(argv, process.env['OCPCTL_OUTPUT'] || configured);
  if (ownWords(argv).includes('--debug') && thrown instanceof Error)
    process.stderr.write(`debug: ${thrown.stack}\n`);
  process.stderr.write(isMachine ? errorJson(report) : errorText(withTypedNames(report, command, argv)));
}

/** Says where to look for what was not found: in the list of the same topic. */
function withListHint(report: ErrorReport, config: Config | undefined, argv: readonly string[]): ErrorReport {
  if (report.code !== 'NOT_FOUND' || report.hint !== null || config === undefined) return report;
  const [id = ''] = normalizeArgv(config, [...argv]);
  // Its path is one of the API, not of a command.
  if (id === 'api') return report;
  const topic = id.split(':').slice(0, -1);
  const list = [...(topic.length === 0 && /^job\b/i.test(report.message) ? ['jobs'] : topic), 'list'];
  if (config.findCommand(list.join(':')) === undefined) return report;
  return { ...report, hint: `'ocpctl ${list.join(' ')}' shows what there is` };
}

/** Adds a hint to a usage error of oclif: the closest known flag for an unknown one, an example for what is missing. */
function withSuggestion(thrown: unknown, config: Config | undefined, argv: readonly string[]): unknown {
  if (!(thrown instanceof CLIError)) return thrown;
  const example = config === undefined ? undefined : exampleOf(config, argv, missingInput(thrown));
  if (example !== undefined) thrown.suggestions = [`for example: ${example}`];
  if (!('flags' in thrown) || !Array.isArray(thrown.flags)) return thrown;
  const known = knownFlags(thrown);
  const [typed] = thrown.flags.map(String);
  const nearest = typed === undefined ? undefined : closestMatch(typed.replace(/=.*$/, ''), known);
  if (nearest !== undefined) thrown.suggestions = [`did you mean ${nearest}?`];
  return thrown;
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

function knownFlags(error: object): string[] {
  const parse = 'parse' in error ? error.parse : undefined;
  const input = isObject(parse) ? parse['input'] : undefined;
  const flags = isObject(input) ? input['flags'] : undefined;
  return isObject(flags) ? Object.keys(flags).map((name) => `--${name}`) : [];
}

import { configDirectory, readContexts } from '../config/context-file.ts';
import { peekMachineFormat } from '../output/output-format.ts';
import { ownWords } from '../own-words.ts';
import { type ErrorReport, errorJson, errorText } from './error-report.ts';
import type { ExitCode } from './exit-codes.ts';
import { type NamesOfCommand, withTypedNames } from './field-names.ts';

/** The command line that failed. */
export interface FailedCommand {
  readonly argv: readonly string[];
  /** With colons between its words. */
  readonly id: string;
  /** Undefined if there is no such command. */
  readonly command: NamesOfCommand | undefined;
  /** Whether there is a command with this id. */
  readonly exists: (id: string) => boolean;
}

/** Prints an error to stderr: as text, or as one line of JSON if a program reads the output. @returns the exit code */
export async function printFailure(
  reported: ErrorReport,
  thrown: unknown,
  failed: FailedCommand,
): Promise<ExitCode> {
  const { argv, command } = failed;
  const report = withOwnFlags(withListHint(reported, failed), failed);
  const configured = await readContexts(configDirectory()).then(
    (file) => file.settings['output'],
    () => undefined,
  );
  const isMachine = peekMachineFormat(argv, process.env['OCPCTL_OUTPUT'] || configured);
  if (ownWords(argv).includes('--debug') && thrown instanceof Error)
    process.stderr.write(`debug: ${thrown.stack}\n`);
  process.stderr.write(isMachine ? errorJson(report) : errorText(withTypedNames(report, command, argv)));
  return report.exitCode;
}

/** A hint names only flags that the command has. */
function withOwnFlags(report: ErrorReport, { command }: FailedCommand): ErrorReport {
  if (report.code !== 'NAME_TAKEN' || Object.hasOwn(command?.flags ?? {}, 'if-not-exists')) return report;
  return { ...report, hint: 'choose another name' };
}

/** Says where to look for what was not found: in the list of the same topic. */
function withListHint(report: ErrorReport, { id, exists }: FailedCommand): ErrorReport {
  // The path of `ocpctl api` is one of the API, not of a command.
  if (report.code !== 'NOT_FOUND' || report.hint !== null || id === 'api') return report;
  const topic = id.split(':').slice(0, -1);
  const list = [...(topic.length === 0 && /^job\b/i.test(report.message) ? ['jobs'] : topic), 'list'];
  if (!exists(list.join(':'))) return report;
  return { ...report, hint: `'ocpctl ${list.join(' ')}' shows what there is` };
}

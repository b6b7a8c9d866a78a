import type { CLIError } from '@oclif/core/errors';
import { isObject } from '../../contract/documents.ts';

const OCLIF_ADVICE = '\nSee more help with --help';
const SEVERAL = /^The following errors? occurred:/;
const MISSING_FLAG = 'Missing required flag ';

/** oclif's parse errors are rewritten in the words of the other errors; they come with advice on lines of their own. */
const OCLIF_MESSAGES: readonly (readonly [RegExp, string])[] = [
  [/^Nonexistent flags?: /, 'unknown flag: '],
  [/^Unexpected arguments?: /, 'unexpected argument: '],
  [/^Expected (--[\w-]+)=(.*) to be one of: /, 'invalid value "$2" for $1: use '],
  // Of numberFlag, which says all of it.
  [/^Parsing --[\w-]+ (?=invalid value)/, ''],
  [/^Expected (\S+) to be one of: /, 'invalid value "$1": use '],
  [/^All of the following must be provided when using (--[\w-]+): /, '$1 requires '],
  [/^Flag (--[\w-]+) expects a value/, 'missing value for $1'],
  [/^Flag (--[\w-]+) can only be specified once/, '$1 is given twice: use it once'],
  [/^(--[\w-]+)(?:=\S+)? cannot also be provided when using (--[\w-]+)/, '$1 cannot be used with $2'],
];

/** @returns a usage error of oclif in the words of the other errors */
export function usageMessage(error: CLIError): string {
  const { args, flags } = missingInput(error);
  const reasons = [
    ...(args.length > 0 ? [`missing argument: ${args.join(', ')}`] : otherReasons(error)),
    ...(flags.length > 0 ? [`missing flag${flags.length === 1 ? '' : 's'} ${flags.join(', ')}`] : []),
  ];
  return reasons.join('; ');
}

/** All that is missing on a command line, although oclif stops at the arguments. */
export function missingInput(error: CLIError): { readonly args: string[]; readonly flags: string[] } {
  const { args, parse } = error as { args?: unknown; parse?: unknown };
  const isArgs = error.message.startsWith('Missing ') && Array.isArray(args);
  if (!isArgs && !error.message.includes(MISSING_FLAG)) return { args: [], flags: [] };
  const known = isObject(parse) && isObject(parse['input']) ? parse['input']['flags'] : undefined;
  const given = isObject(parse) && isObject(parse['output']) ? parse['output']['flags'] : undefined;
  const isMissing = (name: string, flag: unknown) =>
    isObject(flag) && flag['required'] === true && isObject(given) && given[name] === undefined;
  const flags = Object.entries(isObject(known) ? known : {}).filter(([name, flag]) => isMissing(name, flag));
  return { args: isArgs ? args.map(argumentName) : [], flags: flags.map(([name]) => `--${name}`) };
}

function otherReasons(error: CLIError): string[] {
  const [first = '', ...others] = error.message.replace(OCLIF_ADVICE, '').split('\n');
  const lines = SEVERAL.test(first) ? others : [[first, ...others].map((line) => line.trim()).join(' ')];
  return lines
    .map((line) => line.trim())
    .filter((line) => !line.startsWith(MISSING_FLAG))
    .map((line) => (line.startsWith('Unexpected argument') ? withoutValues(line) : line))
    .map((line) => OCLIF_MESSAGES.reduce((text, [pattern, words]) => text.replace(pattern, words), line));
}

/** What was meant as NAME=VALUE of a variable can be a secret. */
function withoutValues(line: string): string {
  return line.replaceAll(/=[^,]+/g, '=…');
}

function argumentName(argument: unknown): string {
  return isObject(argument) ? String(argument['name']).toUpperCase() : '';
}

export function usageHint(error: CLIError): string {
  const [suggestion] = error.suggestions ?? [];
  return suggestion ?? 'run the command with --help for its flags and arguments';
}

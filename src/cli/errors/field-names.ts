import { ownWords } from '../own-words.ts';
import type { ErrorReport } from './error-report.ts';
import { PATTERN_WORDS } from './pattern-words.ts';

/** Fields of the API whose flag has another name, and their unit. */
const OTHER_NAMES: Readonly<Record<string, readonly [flag: string, unit?: string]>> = {
  ttlHours: ['ttl', 'hours'],
  byHours: ['by', 'hours'],
  keepaliveMinutes: ['keepalive', 'minutes'],
  tags: ['tag'],
  memoryMb: ['memory', 'MiB'],
  connectionLimit: ['connections'],
  environment: ['env'],
  service: ['name'],
};

export interface NamesOfCommand {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The error with the names that the user typed: `--ttl` instead of `ttlHours`. What a file has keeps its name. */
export function withTypedNames(
  report: ErrorReport,
  command: NamesOfCommand | undefined,
  argv: readonly string[],
): ErrorReport {
  if (command === undefined || report.status === null) return report;
  const words = ownWords(argv);
  // What a deploy does not have as a flag is in app.yaml.
  const hasFile =
    (words[0] === 'app' && words[1] === 'deploy') ||
    words.some((word) => word === '-f' || /^--(?:file|input)(?:=|$)/.test(word));
  const isTyped = (flag: string) =>
    words.some((word) => word === `--${flag}` || word.startsWith(`--${flag}=`));
  const details = report.details.map((problem) => {
    const [first = '', ...rest] = fieldOf(problem.field).split('.');
    const unit = OTHER_NAMES[first]?.[1];
    const flag = flagOfField(first);
    const message = readable(problem.message, unit);
    const path = rest.length === 0 ? '' : ` ${rest.join('.')}`;
    if (Object.hasOwn(command.flags, flag) && (!hasFile || isTyped(flag)))
      return { ...problem, field: `--${flag}${path}`, message };
    if (Object.hasOwn(command.args, first)) return { ...problem, field: first.toUpperCase(), message };
    return { ...problem, message };
  });
  return { ...report, message: report.message.replace(NOT_ACCEPTED, 'the request is not valid'), details };
}

/** Of a validator that found the fields. */
const NOT_ACCEPTED = /^The (?:body|[a-z]+ parameters) cannot be accepted\.$/;

function fieldOf(field: string): string {
  return field.replace(/^settings\.health\.path$/, 'healthPath').replace(/^(?:query|settings)\./, '');
}

/** The flag of a field of the API: `ttl` of `ttlHours`. */
export function flagOfField(field: string): string {
  return OTHER_NAMES[field]?.[0] ?? field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^must NOT have fewer than 1 (?:character|item)s$/, 'must not be empty'],
  [/^must NOT have fewer than (\d+) /, 'must have at least $1 '],
  [/^must NOT have more than (\d+) /, 'must have at most $1 '],
  [/^must be <= (\d+)$/, 'must be at most $1'],
  [/^must be >= (\d+)$/, 'must be at least $1'],
  [/^must be > (\d+)$/, 'must be more than $1'],
];

/** The words of a schema in those of a person. */
function readable(message: string, unit: string | undefined): string {
  const [, pattern] = /^must match pattern "(.*)"$/s.exec(message) ?? [];
  if (pattern !== undefined)
    return PATTERN_WORDS[pattern] ?? 'has characters or a form that are not accepted';
  const found = WORDS.find(([pattern]) => pattern.test(message));
  if (found === undefined) return message;
  const text = message.replace(...found);
  return unit === undefined || !/\d$/.test(text) ? text : `${text} ${unit}`;
}

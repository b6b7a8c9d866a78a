export type InstallerLogLevel = 'debug' | 'info' | 'warning' | 'error' | 'fatal';
export type LogFields = Readonly<Record<string, string>>;

export interface LogLine {
  readonly level: InstallerLogLevel;
  readonly message: string;
  readonly fields?: LogFields;
}

const SEVERITY: Readonly<Record<InstallerLogLevel, number>> = {
  debug: 0,
  info: 1,
  warning: 2,
  error: 3,
  fatal: 4,
};
const LEVEL_NAMES: Readonly<Record<string, InstallerLogLevel>> = {
  debug: 'debug',
  trace: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  fatal: 'fatal',
  panic: 'fatal',
};
const COLOURS: Readonly<Record<InstallerLogLevel, number>> = {
  debug: 37,
  info: 36,
  warning: 33,
  error: 31,
  fatal: 31,
};
/** logrus pads the message of a terminal line to this width. */
const TERMINAL_MESSAGE_WIDTH = 44;

/** @returns undefined for an unknown level */
export function parseLogLevel(name: string): InstallerLogLevel | undefined {
  return Object.hasOwn(LEVEL_NAMES, name.toLowerCase()) ? LEVEL_NAMES[name.toLowerCase()] : undefined;
}

export function isAtLeast(level: InstallerLogLevel, threshold: InstallerLogLevel): boolean {
  return SEVERITY[level] >= SEVERITY[threshold];
}

/** One record of `.openshift_install.log`: logfmt with the time first and Go-quoted values. */
export function fileRecord({ level, message, fields = {} }: LogLine, at: Date): string {
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z');
  const rest = sorted(fields).map(([key, value]) => ` ${key}=${quoteIfNeeded(value)}`);
  return `time=${quoteIfNeeded(time)} level=${level} msg=${quoteIfNeeded(message)}${rest.join('')}\n`;
}

/** Format of stderr when it is a pipe: no time, no quotes, one record for each line of the message. */
export function pipeRecords({ level, message, fields = {} }: LogLine): string {
  const rest = sorted(fields).map(([key, value]) => ` ${key}=${value}`);
  return message
    .split('\n')
    .map((line) => `level=${level} msg=${line}${rest.join('')}\n`)
    .join('');
}

/** Format of stderr when it is a terminal: a coloured four-letter level and the padded message. */
export function terminalRecords({ level, message, fields = {} }: LogLine): string {
  const colour = (text: string) => `\u001b[${COLOURS[level]}m${text}\u001b[0m`;
  const rest = sorted(fields).map(([key, value]) => ` ${colour(key)}=${value}`);
  return message
    .split('\n')
    .map(
      (line) =>
        `${colour(level.toUpperCase().slice(0, 4))} ${line.padEnd(TERMINAL_MESSAGE_WIDTH)}${rest.join('')}\n`,
    )
    .join('');
}

function sorted(fields: LogFields): [string, string][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

function quoteIfNeeded(value: string): string {
  return /[^A-Za-z0-9\-._/@^+]/.test(value) ? goQuote(value) : value;
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Go's `%q`: printable Unicode is kept, everything else is escaped. */
export function goQuote(value: string): string {
  let quoted = '';
  for (const character of value) {
    quoted += NAMED_ESCAPES[character] ?? (isPrintable(character) ? character : escapeCodePoint(character));
  }
  return `"${quoted}"`;
}

function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

function escapeCodePoint(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

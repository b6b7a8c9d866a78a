export const LOG_LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'fatal', 'panic'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One record of `.openshift_install.log`: logrus text, its quoting undone. */
export interface LogRecord {
  readonly time: Date;
  readonly level: LogLevel;
  readonly message: string;
  /** Everything after time, level and msg: `arn`, `resourceType`, `error`, also names with a space (`record set`). */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Reads one line of the log FILE (the child's stderr is unquoted and cannot be split safely).
 * A record that was cut in its last value, by a size limit or because the writer died, is accepted.
 * @returns undefined for anything else: klog lines, output of commands, blank lines.
 */
export function parseLogLine(line: string): LogRecord | undefined {
  const pairs = readPairs(line);
  if (!pairs) return undefined;
  const { time: stamp, level, msg = '', ...fields } = pairs;
  if (stamp === undefined || level === undefined || !isLogLevel(level)) return undefined;
  const time = new Date(stamp);
  if (!RFC3339.test(stamp) || Number.isNaN(time.getTime())) return undefined;
  return { time, level, message: msg, fields };
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
// logrus writes field names as they are, so a name may hold spaces; values without quotes never do.
const KEY = /([^\s="][^="]*)=/y;
const BARE_VALUE = /[^\s"]*/y;
const QUOTED_VALUE = /"([^"\\]*(?:\\.[^"\\]*)*)("|\\?$)/sy;

function readPairs(line: string): Record<string, string> | undefined {
  if (!line.startsWith('time=')) return undefined;
  const pairs: Record<string, string> = {};
  let at = 0;
  while (at < line.length) {
    const key = matchAt(KEY, line, at);
    if (!key) return undefined;
    at += key[0].length;
    const quoted = matchAt(QUOTED_VALUE, line, at);
    const value = quoted ?? matchAt(BARE_VALUE, line, at);
    at += value?.[0].length ?? 0;
    if (at < line.length && line[at] !== ' ') return undefined;
    pairs[key[1] ?? ''] = quoted ? unquote(quoted[1] ?? '') : (value?.[0] ?? '');
    at += 1;
  }
  return pairs;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

const ESCAPE = /(?:\\x[0-9a-fA-F]{2})+|\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[abfnrtv\\"']/g;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** Undoes Go's %q; an escape that Go does not know stays as it is. */
function unquote(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(ESCAPE, (sequence) => {
    const kind = sequence.charAt(1);
    if (kind === 'x') return Buffer.from(sequence.replaceAll('\\x', ''), 'hex').toString('utf8');
    if (kind === 'u' || kind === 'U') return codePoint(Number.parseInt(sequence.slice(2), 16));
    return SHORT_ESCAPES[kind] ?? kind;
  });
}

function codePoint(value: number): string {
  return value <= 0x10ffff ? String.fromCodePoint(value) : '\ufffd';
}

function isLogLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text);
}

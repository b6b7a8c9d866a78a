import { type Logger, pino } from 'pino';
import { printable, printableLines, toJson } from '../../../contract/escape.ts';
import type { Redactor } from './redaction.ts';

export type LogFormat = 'json' | 'text';

export interface LogOptions {
  /** `trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`. */
  readonly level: string;
  readonly redactor: Redactor;
  /** `json` (default), or `text` for a terminal. */
  readonly format?: LogFormat;
  /** Receives whole lines (default: stderr). */
  readonly write?: (line: string) => void;
  readonly bindings?: Readonly<Record<string, string>>;
}

export type Log = Logger;

const LEVELS: Readonly<Record<string, string>> = pino.levels.labels;

/**
 * A structured log: one JSON object, or one line of text, per record. Every string of a record is redacted (G15).
 * `log.child({ requestId })` adds fields to each record.
 */
export function createLog(options: LogOptions): Log {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const toText = options.format === 'text' ? formatText : toJson;
  return pino(
    {
      level: options.level,
      base: options.bindings ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      // Redacts the serialized record, so that no field is missed.
      write: (line) => {
        if (toText === toJson && isClean(line, options.redactor)) write(line);
        else write(`${toText(redactRecord(line, options.redactor))}\n`);
      },
    },
  );
}

/** Printable ASCII without a backslash: each string of the record is in the line as it is. */
const VERBATIM = /^[ -[\]-~]*\n$/;

/**
 * Whether a line can be written as it is: nothing in it needs an escape or is a secret. Most lines can, and to find that out takes half
 * of the time that redacting each string of the parsed record does.
 */
function isClean(line: string, redactor: Redactor): boolean {
  return VERBATIM.test(line) && redactor.redactLine(line.trimEnd()) === line.trimEnd();
}

type LogRecord = Readonly<Record<string, unknown>>;

function redactRecord(line: string, redactor: Redactor): LogRecord {
  const record = redactor.redactValue(JSON.parse(line));
  return typeof record === 'object' && record !== null ? { ...record } : {};
}

/** `2026-01-02T03:04:05.678Z INFO  message key=value`; the stack of an error follows on indented lines. */
function formatText(record: LogRecord): string {
  const { time, level, msg, err, ...fields } = record;
  const label = String(level ?? LEVELS['30']).toUpperCase();
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${formatField(value)}`);
  const head = [String(time), label.padEnd(5), oneLine(String(msg ?? '')), ...pairs].join(' ').trimEnd();
  return `${head}${formatError(err)}`;
}

function formatField(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : toJson(text);
}

function formatError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const shown = 'stack' in error ? error.stack : 'message' in error ? error.message : undefined;
  return shown === undefined ? '' : `\n    ${printableLines(String(shown)).replaceAll('\n', '\n    ')}`;
}

/** Replaces line ends, so that no value can forge another record. */
function oneLine(text: string): string {
  return printable(text.replace(/[\n\r]+/g, ' ⏎ '));
}

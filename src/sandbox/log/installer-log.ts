import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import {
  fileRecord,
  type InstallerLogLevel,
  isAtLeast,
  type LogFields,
  type LogLine,
  pipeRecords,
  terminalRecords,
} from './log-format.ts';

const LOG_FILE = '.openshift_install.log';

/** Where lines for the user go: stderr of the process. */
export interface LogConsole {
  readonly isTTY: boolean;
  write(text: string | Uint8Array): void;
}

export interface InstallerLog {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  write(line: LogLine): void;
  /** Writes bytes unchanged to the file and the console, as a dependency does that bypasses the logger. */
  raw(bytes: Buffer): void;
  close(): void;
}

/**
 * Appends every line to `.openshift_install.log` in `dir` (synchronously, so that a kill loses no line) and writes lines of at least
 * `level` to the console. Without a `dir` there is no file.
 * @throws the file system's error if the file cannot be opened
 */
export function openInstallerLog(
  dir: string | undefined,
  level: InstallerLogLevel,
  console: LogConsole,
): InstallerLog {
  const file = dir === undefined ? undefined : openSync(join(dir, LOG_FILE), 'a', 0o666);

  function write(line: LogLine): void {
    if (file !== undefined) writeSync(file, fileRecord(line, new Date()));
    if (isAtLeast(line.level, level))
      console.write(console.isTTY ? terminalRecords(line) : pipeRecords(line));
  }
  const at = (severity: InstallerLogLevel) => (message: string, fields?: LogFields) =>
    write({ level: severity, message, ...(fields === undefined ? {} : { fields }) });

  return {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    write,
    raw(bytes) {
      if (file !== undefined) writeSync(file, bytes);
      console.write(bytes);
    },
    close() {
      if (file !== undefined) closeSync(file);
    },
  };
}

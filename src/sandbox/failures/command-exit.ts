import type { LogLine } from '../log/log-format.ts';

/** Exit codes of openshift-install, the same from 4.16 to 4.20. */
export const INSTALLER_EXIT_CODES = {
  ok: 0,
  fatal: 1,
  installConfig: 3,
  infrastructure: 4,
  bootstrap: 5,
  install: 6,
  operatorStability: 7,
  interrupt: 8,
} as const;

/** Ends the command: the lines are logged, then the process exits with the code. */
export class CommandExit extends Error {
  readonly exitCode: number;
  readonly lines: readonly LogLine[];

  constructor(exitCode: number, lines: readonly LogLine[]) {
    super(lines.at(-1)?.message ?? `exit ${exitCode}`);
    this.name = 'InstallerExit';
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

/** An error that the installer does not classify: one fatal line, exit 1. */
export function fatal(message: string): CommandExit {
  return new CommandExit(INSTALLER_EXIT_CODES.fatal, [{ level: 'fatal', message }]);
}

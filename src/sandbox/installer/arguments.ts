import { parseArgs } from 'node:util';
import { fatal } from '../failures/command-exit.ts';
import { type InstallerLogLevel, parseLogLevel } from '../log/log-format.ts';

export const INSTALLER_COMMANDS = [
  'create install-config',
  'create manifests',
  'create ignition-configs',
  'create cluster',
  'destroy cluster',
  'destroy bootstrap',
  'wait-for bootstrap-complete',
  'wait-for install-complete',
  'gather bootstrap',
  'version',
] as const;
export type InstallerCommand = (typeof INSTALLER_COMMANDS)[number];

const GROUPS: readonly string[] = ['create', 'destroy', 'wait-for', 'gather'];
const GLOBAL_FLAGS = {
  dir: { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;
const OWN_FLAGS: Readonly<
  Partial<Record<InstallerCommand, Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>>>
> = {
  'create cluster': { 'skip-password-print': { type: 'boolean' } },
  'gather bootstrap': {
    bootstrap: { type: 'string' },
    master: { type: 'string', multiple: true },
    key: { type: 'string', multiple: true },
    skipAnalysis: { type: 'boolean' },
  },
};

export interface InstallerArguments {
  readonly command: InstallerCommand;
  readonly dir: string;
  readonly level: InstallerLogLevel;
  readonly skipPasswordPrint: boolean;
}

/** Parses the command line; `help` without a command or with --help. @throws CommandExit (exit 1) */
export function parseInstallerArguments(argv: readonly string[]): InstallerArguments | 'help' {
  const words = commandWords(argv);
  const command = findCommand(words);
  if (command === undefined) return 'help';
  const values = parseFlags(argv, command);
  if (values['help'] === true) return 'help';
  const extra = words.length - command.split(' ').length;
  if (extra > 0) throw usageError(`accepts 0 arg(s), received ${extra}`);
  const levelName = typeof values['log-level'] === 'string' ? values['log-level'] : 'info';
  const level = parseLogLevel(levelName);
  if (level === undefined) throw fatal(`invalid log-level: not a valid logrus Level: "${levelName}"`);
  return {
    command,
    dir: typeof values['dir'] === 'string' && values['dir'] !== '' ? values['dir'] : '.',
    level,
    skipPasswordPrint: values['skip-password-print'] === true,
  };
}

export const INSTALLER_HELP = `Simulates the creation of OpenShift clusters; no cloud is touched.

Usage:
  openshift-install [command]

Available Commands:
${INSTALLER_COMMANDS.map((command) => `  ${command}`).join('\n')}

Flags:
      --dir string         assets directory (default ".")
  -h, --help               help for openshift-install
      --log-level string   log level (e.g. "debug | info | warn | error") (default "info")
`;

/** The arguments that are neither flags nor values of flags. */
function commandWords(argv: readonly string[]): string[] {
  const flags = Object.assign({}, GLOBAL_FLAGS, ...Object.values(OWN_FLAGS));
  return parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: false }).positionals;
}

function findCommand(words: readonly string[]): InstallerCommand | undefined {
  const [first, second] = words;
  if (first === undefined || first === 'help') return undefined;
  if (first === 'version') return 'version';
  if (!GROUPS.includes(first)) throw usageError(`unknown command "${first}" for "openshift-install"`);
  if (second === undefined) return undefined;
  const command = INSTALLER_COMMANDS.find((candidate) => candidate === `${first} ${second}`);
  if (command === undefined) throw usageError(`unknown command "${second}" for "openshift-install ${first}"`);
  return command;
}

function parseFlags(argv: readonly string[], command: InstallerCommand): Readonly<Record<string, unknown>> {
  try {
    return parseArgs({
      args: [...argv],
      options: { ...GLOBAL_FLAGS, ...OWN_FLAGS[command] },
      allowPositionals: true,
    }).values;
  } catch (thrown) {
    const flag = thrown instanceof Error ? /'(-[^' ]+)/.exec(thrown.message)?.[1] : undefined;
    throw usageError(flag === undefined ? String(thrown) : `unknown flag: ${flag}`);
  }
}

function usageError(message: string) {
  return fatal(`Error executing openshift-install: ${message}`);
}

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import { settings } from '@oclif/core/settings';
import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/cli/config/settings.ts';
import { helpTree } from '../../src/cli/output/help.ts';
import { commandSections } from '../../src/cli/output/help-pages.ts';
import { MODULES } from '../../src/control-plane/composition/modules.ts';
import { settingsOf } from '../../src/control-plane/settings/server-config.ts';
import { ENTRY, runCli, temporaryFolder } from './support/run-cli.ts';

// What every command owes its users. A new command is covered as soon as it exists.
settings.enableAutoTranspile = false;
const root = fileURLToPath(new URL('../..', import.meta.url));
const config = await Config.load({ root, devPlugins: false, userPlugins: false });
const commands = config.commands.filter(
  (command) => !config.commands.some((other) => other.aliases.includes(command.id)),
);
const byId = commands.map((command) => [command.id.replaceAll(':', ' '), command] as const);

const tree = helpTree(config);
const helpOf = (id: string, width = 80) =>
  commandSections(config.findCommand(id, { must: true }), tree, { width, bold: false });

describe.each(byId)('%s', (_, command) => {
  it('has a summary without a full stop, an example, and arguments that leave stdin alone', async () => {
    expect(command.summary).toMatch(/^[A-Z].*[^.\s]$/);
    if (command.description !== undefined) expect(command.description).not.toContain(command.summary);
    expect(command.examples?.length).toBeGreaterThan(0);
    // The manifest does not say what an argument does with stdin: the class does.
    const { args } = await command.load();
    for (const [argument, { ignoreStdin }] of Object.entries(args)) expect(ignoreStdin, argument).toBe(true);
    for (const flag of Object.values(command.flags))
      expect(flag.description, flag.name).toMatch(/^([A-Z]|openshift).*[^.\s]$/);
  });

  it('shows its required flags in USAGE and first, and the flags of all commands in one line', () => {
    const help = helpOf(command.id);
    const usage = help.split('\n')[1];
    const flags = Object.values(command.flags);
    const required = flags.filter(
      (flag) => flag.required === true || flag.description?.includes('(required)') === true,
    );
    for (const { name } of required) expect(usage).toMatch(new RegExp(` --${name} [A-Z]`));
    const [, section = ''] = help.split('\n\nFLAGS\n');
    const listed = [...section.matchAll(/^ {2}(?:-\w, | {4})?--([a-z-]+)/gm)].map(([, name]) => name);
    expect(listed.slice(0, required.length).sort()).toEqual(required.map(({ name }) => name).sort());
    expect(help).toMatch(/\n\nGLOBAL FLAGS\n.*'ocpctl help flags'\n?$/);
    for (const flag of flags.filter((candidate) => candidate.required === true))
      expect(flag.description).toContain('(required)');
  });

  it('breaks no word of its help, at any width', () => {
    const words = (width: number) => helpOf(command.id, width).split(/\s+/);
    expect(words(50).sort()).toEqual(words(1000).sort());
  });

  it('has the flags of all commands', () => {
    const global = [
      'output',
      'json',
      'context',
      'server',
      'timeout',
      'no-input',
      'color',
      'progress',
      'quiet',
      'debug',
    ];
    expect(Object.keys(command.flags)).toEqual(expect.arrayContaining(global));
  });

  it('keeps its help', () => {
    expect(helpOf(command.id)).toMatchSnapshot();
  });
});

describe('a flag that an environment variable can replace names it in its description', () => {
  const cases = [
    ...SETTINGS.map(({ name, variable }) => ['version', name, variable] as const),
    ...Object.values(settingsOf(MODULES)).flatMap(({ flag, variable }) =>
      flag === undefined || variable === undefined
        ? []
        : [['server', flag.replace('--', ''), variable] as const],
    ),
  ];
  it.each(cases)('%s --%s: %s', (id, flag, variable) => {
    const { description } = config.findCommand(id, { must: true }).flags[flag] ?? {};
    expect(description).toMatch(new RegExp(`\\(.*env: ${variable}\\)$`));
  });
});

describe('the command line as a whole', () => {
  it('shows help with exit code 0: all of it, of a topic, of a command', async () => {
    for (const argv of [[], ['--help'], ['help'], ['jobs'], ['list', '--help'], ['help', 'jobs', 'list']]) {
      const run = await runCli(argv);
      expect(run, argv.join(' ')).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toContain('USAGE');
    }
  });

  it.each(['--version', '-v'])('answers %s before anything is loaded', async (flag) => {
    const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    const run = await runCli([flag]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toBe(
      `ocpctl ${version} ${process.platform}-${process.arch} node-${process.version}\n`,
    );
  });

  it.each([
    [['lst'], 'unknown command "lst"', "did you mean 'ocpctl list'?"],
    [['crate', 'demo', '--wait'], 'unknown command "crate"', "did you mean 'ocpctl create'?"],
    [['jobs', 'lits'], 'unknown command "lits" for "ocpctl jobs"', "did you mean 'ocpctl jobs list'?"],
    [
      ['server', 'instalers'],
      'unknown command "instalers" for "ocpctl server"',
      "did you mean 'ocpctl server installers'?",
    ],
    [
      ['admin', 'xyzzy'],
      'unknown command "xyzzy" for "ocpctl admin"',
      "'ocpctl admin --help' lists its commands",
    ],
    [['list', 'clusters'], 'unexpected argument: clusters', "'ocpctl list' takes no arguments"],
    [
      ['--profile', 'x', 'create'],
      'unknown flag: --profile',
      'flags of a command follow it: ocpctl COMMAND [flags]',
    ],
    [
      ['kubeconfig', '--file', 'kc', 'use', 'demo'],
      'unknown flag: --file',
      'flags of a command follow it: ocpctl kubeconfig COMMAND [flags]',
    ],
    [['frobnicate'], 'unknown command "frobnicate"', "'ocpctl help' lists all commands"],
  ])('says what %j could have meant', async (argv, message, hint) => {
    expect(await runCli(argv)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `Error: ${message}\nHint: ${hint}\n`,
    });
    const json = await runCli([...argv, '--json']);
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'USAGE', message, hint, exitCode: 2 } });
  });

  it.each([
    ['-o', 'json', 'list'],
    ['--output=json', '--debug', 'list'],
    ['-ojson', 'list'],
    ['-qojson', 'list'],
    ['-qo', 'json', 'list'],
    ['--json', '--timeout', '1s', '-q', 'ls'],
    ['--server', 'http://127.0.0.1:9', '--json', 'ps'],
    ['--json', 'describe', 'demo'],
    ['jobs', '--json', 'list'],
    ['admin', '--json', 'tasks', '--debug', 'list'],
    ['--json', 'rm', 'demo', '--yes'],
  ])(
    'takes flags of all commands before the command, and other names of commands: %s %s %s',
    async (...argv) => {
      const { code, stderr } = await runCli(argv, {
        OCPCTL_SERVER: 'http://127.0.0.1:9',
        OCPCTL_ACCESS_KEY_ID: 'k',
        OCPCTL_SECRET_ACCESS_KEY: 's',
        OCPCTL_TIMEOUT: '1s',
      });
      expect(code).toBe(7);
      expect(stderr).toContain('"code":"UNREACHABLE"');
    },
  );

  it.each([[['--json']], [['-q']], [['-o', 'json']], [['--context', 'work', '-ojson']], [['--output']]])(
    'shows the help for flags of all commands without a command: %j',
    async (argv) => {
      const plain = await runCli([]);
      expect(plain).toMatchObject({ code: 0, stdout: expect.stringContaining('create') });
      expect(await runCli(argv)).toEqual(plain);
    },
  );

  it.each([
    [['nosuch'], "'ocpctl help' lists all commands and topics"],
    [['crate'], "did you mean 'ocpctl help create'?"],
    [['jobs', 'lits'], "did you mean 'ocpctl help jobs list'?"],
    [['enviroment'], "did you mean 'ocpctl help environment'?"],
  ])('help says what %j could have meant', async (words, hint) => {
    expect(await runCli(['help', ...words])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `Error: unknown command or help topic "${words.join(' ')}"\nHint: ${hint}\n`,
    });
  });

  it('help flags has the flags of all commands', async () => {
    const { stdout } = await runCli(['help', 'flags']);
    const { flags } = config.findCommand('version', { must: true });
    for (const { name, description } of Object.values(flags)) {
      expect(stdout).toContain(`--${name}`);
      expect(stdout).toContain(`  ${description}\n`);
    }
  });

  it.each(['10.24.1', '18.20.8', '20.18.3'])('says at once that Node.js %s is too old', (version) => {
    const pretended = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); Object.defineProperty(process, 'version', { value: 'v${version}' });`;
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'old.cjs'), pretended);
    const run = spawnSync(process.execPath, ['-r', join(folder, 'old.cjs'), ENTRY, 'list'], {
      encoding: 'utf8',
    });
    expect(run).toMatchObject({ status: 1, stdout: '' });
    expect(run.stderr).toContain(`Error: ocpctl needs Node.js 20.19 or newer, and this is v${version}\n`);
    const { engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(engines.node).toBe('>=20.19');
    // What old versions cannot read would be a SyntaxError instead.
    expect(readFileSync(ENTRY, 'utf8')).not.toMatch(/^import |^export |\?\.|\?\?|=>|`|\bconst\b|\blet\b/m);
  });

  it('says which flag was nearly typed', async () => {
    const run = await runCli(['list', '--stauts', 'READY']);
    expect(run.stderr).toBe('Error: unknown flag: --stauts\nHint: did you mean --status?\n');
  });

  it('leaves stdin to the next reader when an argument is missing', async () => {
    const run = await runCli(['get'], {}, 'demo\n');
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe('Error: missing argument: CLUSTER\nHint: for example: ocpctl get demo\n');
  });
});

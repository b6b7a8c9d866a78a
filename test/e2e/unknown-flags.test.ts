import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import { settings } from '@oclif/core/settings';
import { expect, it } from 'vitest';
import { runCli } from '../commands/support/run-cli.ts';

settings.enableAutoTranspile = false;
const root = fileURLToPath(new URL('../..', import.meta.url));
const { commands } = await Config.load({ root, devPlugins: false, userPlugins: false });

it.each(commands.map(({ id }) => id.replaceAll(':', ' ')))(
  '%s answers an unknown flag with one line of JSON on stderr, nothing on stdout, exit code 2',
  async (name) => {
    const run = await runCli([...name.split(' '), '--no-such-flag', '-o', 'json']);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr.split('\n')).toHaveLength(2);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'USAGE', exitCode: 2, details: [] } });
  },
);

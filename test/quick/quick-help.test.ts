import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core/config';
import { settings } from '@oclif/core/settings';
import { afterEach, expect, test, vi } from 'vitest';
import Help from '../../src/cli/output/help.ts';
import { quickHelp } from '../../src/quick/quick-help.ts';

settings.enableAutoTranspile = false;
const root = fileURLToPath(new URL('../..', import.meta.url));
const config = await Config.load({ root, devPlugins: false, userPlugins: false });
const dist = join(root, 'dist');

afterEach(() => vi.restoreAllMocks());

async function withOclif(argv: string[]): Promise<string> {
  const written: string[] = [];
  const write = vi
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => written.push(String(text)) > 0);
  await new Help(config).showHelp(argv);
  write.mockRestore();
  return written.join('');
}

test('the page of each command, alias and topic is that of oclif', async () => {
  const ids = new Set([...config.commands.map(({ id }) => id), ...config.topics.map(({ name }) => name)]);
  expect(ids.size).toBeGreaterThan(100);
  // Its name is a name, but not one with a page.
  ids.delete('__complete');
  for (const id of ids) {
    const argv = [...id.split(':'), '--help'];
    expect(quickHelp(argv, dist), id).toBe(await withOclif(argv));
  }
});

test.each([[[]], [['--help']], [['-h']], [['jobs', '-h']]])(
  'the page for %j is that of oclif',
  async (argv) => {
    expect(quickHelp(argv, dist)).toBe(await withOclif(argv));
  },
);

test.each([
  [['list']],
  [['--json', '--help']],
  [['create', 'demo', '--help']],
  [['nosuch', '--help']],
  [['run', '--', '--help']],
  [['jobs', 'lits', '--help']],
  [['jobs:list', '--help']],
  [['']],
])('%j is left to oclif', (argv) => {
  expect(quickHelp(argv, dist)).toBeUndefined();
});

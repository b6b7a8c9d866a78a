import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { openPostgresSite } from './kit.ts';
import { ENTRY } from './server-process.ts';

// A page is ten commands or more, each a process, and some wait for several attempts.
vi.setConfig({ testTimeout: 600_000 });

const FOLDER = fileURLToPath(new URL('../../docs/runbooks', import.meta.url));
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

/** The commands of a page: its `sh` blocks, in order. */
function commandsOf(page: string): string {
  const blocks = [...readFileSync(join(FOLDER, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
  return blocks.map(([, block]) => block).join('\n');
}

test.each(PAGES)(
  '%s: typed as written against a sandbox, every command does what the page says',
  async (page) => {
    const { site } = await openPostgresSite({ OCPCTL_SANDBOX_SETTLE_MS: '300' });
    await site.start();
    const bin = join(site.folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'ocpctl'), `#!/bin/sh\nexec "${process.execPath}" "${ENTRY}" "$@"\n`);
    chmodSync(join(bin, 'ocpctl'), 0o755);
    const PATH = `${bin}:${process.env['PATH']}`;
    const { code, stdout, stderr } = await site.run('sh', ['-eu', '-c', commandsOf(page)], { PATH });
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    expect(await site.cloud()).toEqual([]);
  },
);

test('each page has commands', () => {
  expect(PAGES).toEqual(['failed-create.md', 'failed-destroy.md', 'lost-artifacts.md', 'orphan-cleanup.md']);
  for (const page of PAGES) expect(commandsOf(page)).toContain('ocpctl create demo');
});

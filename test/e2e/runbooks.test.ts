import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { openPostgresSite } from './open-site.ts';
import { ENTRY } from './server-process.ts';

// A page is ten commands or more, each a process, and some wait for several attempts.
vi.setConfig({ testTimeout: 600_000 });

const FOLDER = fileURLToPath(new URL('../../docs/runbooks', import.meta.url));
const PAGES = readdirSync(FOLDER).filter((name) => name.endsWith('.md'));

/**
 * The commands of a page, in the order of its rehearsal: what "Before step 1" has, then step 1, and so on, and at last "At the end".
 * @throws Error for a heading of the rehearsal that names no section of the page
 */
function commandsOf(page: string): string {
  const [emergency = '', rehearsal = ''] = readFileSync(join(FOLDER, page), 'utf8').split(/^## Rehearsal$/m);
  const steps = sectionsOf(emergency, '## ');
  const added = sectionsOf(rehearsal, '### ');
  const unknown = [...added.keys()].filter(
    (title) => title !== 'At the end' && ![...steps.keys()].some((step) => title === beforeTitle(step)),
  );
  if (unknown.length > 0) throw new Error(`${page}: the rehearsal names no step: ${unknown.join(', ')}`);
  const commands = [...steps].flatMap(([title, block]) => [added.get(beforeTitle(title)) ?? '', block]);
  return [...commands, added.get('At the end') ?? ''].join('\n');
}

/** "1. Find the cause" is step 1; a section without a number goes by its title. */
function beforeTitle(section: string): string {
  const number = /^(\d+)\. /.exec(section)?.[1];
  return number === undefined ? `Before "${section}"` : `Before step ${number}`;
}

/** The `sh` blocks under each heading of a level. */
function sectionsOf(text: string, heading: string): Map<string, string> {
  const parts = text.split(new RegExp(`^${heading}`, 'm')).slice(1);
  return new Map(
    parts.map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const blocks = [...lines.join('\n').matchAll(/^```sh\n([\s\S]*?)^```$/gm)];
      return [title, blocks.map(([, block]) => block).join('\n')];
    }),
  );
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
  expect(PAGES).toEqual([
    'alerts.md',
    'failed-create.md',
    'failed-destroy.md',
    'lost-artifacts.md',
    'orphan-cleanup.md',
    'stuck-scale.md',
  ]);
  for (const page of PAGES) expect(commandsOf(page)).toContain('ocpctl');
});

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../man', import.meta.url));
const PAGES = readdirSync(FOLDER);
const hasGroff = spawnSync('groff', ['--version']).status === 0;
if (!hasGroff) process.stderr.write('SKIPPED: tests of manual pages need groff, which is not installed\n');

const groff = (page: string, ...options: string[]) =>
  spawnSync('groff', ['-man', '-Tascii', '-ww', '-P-cbou', ...options, join(FOLDER, page)], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });

test('package.json names all of them: npm install -g links no others', () => {
  const { man } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(man).toEqual(PAGES.map((page) => `./man/${page}`).sort());
});

test('there is a page for each command and topic, and one for all', () => {
  const { commands } = JSON.parse(
    readFileSync(new URL('../../oclif.manifest.json', import.meta.url), 'utf8'),
  );
  const ids = Object.keys(commands).filter((id) => commands[id].hidden !== true);
  const names = new Set(ids.map((id) => `ocpctl-${id.split(':')[0]}.1`));
  expect(PAGES.toSorted()).toEqual([...names, 'ocpctl.1'].toSorted());
});

describe.skipIf(!hasGroff)('manual pages (needs groff)', () => {
  test.each(PAGES)('%s has no warnings', (page) => {
    expect(groff(page, '-z')).toMatchObject({ status: 0, stderr: '' });
  });

  test('commands keep their hyphens and quotes', () => {
    const { stdout } = groff('ocpctl-admin.1');
    expect(stdout).toContain("ocpctl admin grants add sso:111122223333:Auditors --role auditor --team '*'");
  });

  test('the page of ocpctl has exit codes and variables', () => {
    const { stdout } = groff('ocpctl.1');
    expect(stdout).toMatch(/^EXIT STATUS$/m);
    expect(stdout).toMatch(/^ {7}OCPCTL_SERVER$/m);
    expect(stdout).toMatch(/^ {7}130 {4}interrupted/m);
  });
});

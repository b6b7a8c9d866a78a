import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Their first argument is not a code that a caller or a job gets to see. */
const INNER_ERRORS = [
  'SnapshotError',
  'SourceError',
  'SpawnFailedError',
  'InterruptedError',
  'SignatureRejectedError',
];
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((page) => page.endsWith('.md'));

test('docs/configuration.md has every variable that the command line reads', () => {
  const page = read('docs/configuration.md');
  const variables = ['src/cli', 'src/commands'].flatMap(folder).flatMap(variablesReadIn);
  expect(variables.length).toBeGreaterThan(10);
  expect([...new Set(variables)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('every flag of a setting of the server is one that `ocpctl server` takes', () => {
  const [, server = ''] = read('docs/configuration.md').split('## The server\n');
  const documented = [...server.matchAll(/`--([a-z-]+)`/g)].map(([, flag = '']) => flag);
  const taken = Object.keys(JSON.parse(read('oclif.manifest.json')).commands.server.flags);
  expect(documented.length).toBeGreaterThan(15);
  expect([...new Set(documented)].filter((flag) => !taken.includes(flag))).toEqual([]);
});

test('docs/errors.md has every code that is thrown', () => {
  const page = read('docs/errors.md');
  const thrown = folder('src').flatMap((file) =>
    [...read(file).matchAll(/\b(\w*Error|\w*Failure|super|failure|report)\(\s*'([A-Z][A-Z0-9_]+)'/g)]
      .filter(([, name = '']) => !INNER_ERRORS.includes(name))
      .map(([, , code = '']) => code),
  );
  expect(thrown.length).toBeGreaterThan(80);
  expect([...new Set(thrown)].filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([]);
});

test('docs/security.md names a test that exists for each threat', () => {
  const rows = read('docs/security.md')
    .split('\n')
    .filter((line) => /^\| (?!threat|---)/.test(line));
  expect(rows.length).toBeGreaterThan(30);
  for (const row of rows) {
    const tests = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file);
    expect([row, tests.length > 0 && tests.every((file) => existsSync(join(ROOT, file)))]).toEqual([
      row,
      true,
    ]);
  }
});

describe.each(PAGES)('%s', (name) => {
  const page = read(name);

  test('links to what is there', () => {
    const targets = [...page.matchAll(/\]\(([^)#:]+)(#[^)]+)?\)/g)];
    const missing = targets.filter(([, target = '', anchor]) => {
      const file = join(ROOT, dirname(name), target);
      return (
        !existsSync(file) || (anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(anchor))
      );
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  test('names files of the repository that exist', () => {
    const named = [
      ...page.matchAll(
        /`((?:src|test|scripts|bench|deploy|profiles|prices|docs)\/[\w./-]*|profiles|prices)`/g,
      ),
    ].map(([, file = '']) => file);
    // NAME and NNNN stand for what a reader fills in.
    const files = named.filter((file) => !/\b[A-Z]{4}/.test(file));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test('names commands and scripts that exist', () => {
    const { commands }: { commands: Record<string, { aliases: string[] }> } = JSON.parse(
      read('oclif.manifest.json'),
    );
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const known = new Set(
      Object.entries(commands).flatMap(([id, { aliases }]) => [id, id.split(':')[0], ...aliases]),
    );
    const said = [...page.matchAll(/\bocpctl ([a-z]+)\b(?!:)/g)].map(([, command = '']) => command);
    const typed = said.filter(
      (command, index) => isCode(page, `ocpctl ${command}`) && said.indexOf(command) === index,
    );
    expect(typed.filter((command) => !known.has(command))).toEqual([]);
    const run = [...page.matchAll(/npm run (\w[\w:-]*)/g)].map(([, script = '']) => script);
    expect(run.filter((script) => scripts[script] === undefined)).toEqual([]);
  });
});

/** In backquotes or at the beginning of a line of a block, after a prompt or none. */
function isCode(page: string, text: string): boolean {
  return page.includes(`\`${text}`) || new RegExp(`^(\\$ )?(npx )?${text}`, 'm').test(page);
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map(
      (heading) =>
        `#${heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-')}`,
    ),
  );
}

function variablesReadIn(file: string): string[] {
  return [...read(file).matchAll(/'(OCPCTL_[A-Z_]+|DATABASE_URL)'/g)].map(([, name = '']) => name);
}

function folder(path: string): string[] {
  return readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${path}/${file}`);
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { retiredWordsIn } from './retired-words.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDERS = ['bin', 'deploy', 'docs', 'profiles', 'scripts', 'src', 'test'];
const FILES = ['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'openapi.yaml', 'package.json'];

/** Files that keep old words. */
const SKIPPED: readonly RegExp[] = [
  // Generated from files that are read here.
  /\.gen\.ts$/,
  // An applied migration is never edited: databases keep its SHA-256. The tests use names of old schemas.
  /^src\/control-plane\/migrations\/\d{4}_\w+\.sql$/,
  /^test\/control-plane\/kernel\/db\/(migrate\.test\.ts|schema\.golden\.sql)$/,
  // The list itself.
  /^test\/repository\/(retired-words|words\.test)\.ts$/,
];

describe('one word for one thing (docs/glossary.md)', () => {
  test('no file has a retired word in its path or text', () => {
    const files = [...FILES, ...FOLDERS.flatMap(filesIn)].filter(
      (file) => !SKIPPED.some((pattern) => pattern.test(file)),
    );
    expect(files.flatMap(retiredWordsOf)).toEqual([]);
  });

  test.each([
    ['const wingJobs = wing.jobs;', 'wing → module'],
    ['await takeOverLanes(db);', 'take over → reclaim'],
    ['refuseOpenGates(config);', 'refuseOpenGates → assertX, rejectX, denyX'],
    ["throw new UsageError(`'${text}' is no duration`);", 'is no → invalid X, is not a X'],
    ['whoever waits is told', 'whoever → the caller, no one, another worker'],
  ])('%s is found', (line, hit) => {
    expect(retiredWordsIn(line)).toContain(hit);
  });

  test.each([
    'text.replaceAll(following, "")',
    'there is no cluster of that name, and it is no longer listed',
    'order by created_at; the steps are drawn in place, rounded to two decimal places',
    'CloudTrail records the call; there is room for one more',
  ])('%s is fine', (line) => {
    expect(retiredWordsIn(line)).toEqual([]);
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(png|pem|gz|pyc)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
}

/** @returns each hit as `file:line: word → what to use: text`; line 0 is the path. */
function retiredWordsOf(file: string): string[] {
  const text = `${file}\n${readFileSync(join(ROOT, file), 'utf8')}`;
  // Nearly all files have none: the patterns are tried once on the whole text (0.8 s for all files, 2.2 s by line).
  if (retiredWordsIn(text).length === 0) return [];
  return text
    .split('\n')
    .flatMap((line, index) => retiredWordsIn(line).map((hit) => `${file}:${index}: ${hit}: ${line.trim()}`));
}

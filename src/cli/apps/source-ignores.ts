import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** What tools make and can make again. Rules of the source may bring them back (`!venv/`). */
const DEFAULT_IGNORES = [
  '.hg/',
  '.svn/',
  'node_modules/',
  '.venv/',
  'venv/',
  '__pycache__/',
  '.tox/',
  '.pytest_cache/',
  '.mypy_cache/',
  '.ruff_cache/',
  '.next/cache/',
  '.terraform/',
  '.ocpctl/',
  '.DS_Store',
];
const RULE_FILES = ['.gitignore', '.ocpctlignore'];

/** Files of secrets, which belong to the variables of a service; examples of them do not have any. */
const SECRETS = /^\.env(?!\.(example|sample|template|dist)$)(\..+)?$/;

/** @returns whether a file of this name is left out whatever the rules say */
export function isSecretsFile(name: string): boolean {
  return SECRETS.test(name);
}

interface Rules {
  readonly matcher: Ignore;
  /** From a path below the packed directory to the one that the rules are about. */
  readonly pathFor: (path: string) => string;
}

/** The rules for one directory: its own and those of the directories above, the nearest of which decides. */
export class SourceIgnores {
  readonly #directory: string;
  readonly #rules: readonly Rules[];

  private constructor(directory: string, rules: readonly Rules[]) {
    this.#directory = directory;
    this.#rules = rules;
  }

  /** For the packed directory itself, with the rules of the Git repository around it. */
  static async forRoot(directory: string): Promise<SourceIgnores> {
    const defaults = ignore({ ignorecase: false }).add(DEFAULT_IGNORES);
    const rules = [{ matcher: defaults, pathFor: (path: string) => path }, ...(await rulesAbove(directory))];
    return new SourceIgnores(directory, rules).below('');
  }

  /** @param path a directory below the packed one, with `/` at the end */
  async below(path: string): Promise<SourceIgnores> {
    const matcher = await readRules(join(this.#directory, path), RULE_FILES);
    if (matcher === undefined) return this;
    const own = { matcher, pathFor: (each: string) => each.slice(path.length) };
    return new SourceIgnores(this.#directory, [...this.#rules, own]);
  }

  /** @param path below the packed directory, with `/` at the end for directories */
  isIgnored(path: string): boolean {
    return this.#rules.reduce((isIgnored, { matcher, pathFor }) => {
      const { ignored, unignored } = matcher.test(pathFor(path));
      return ignored || (isIgnored && !unignored);
    }, false);
  }
}

/** Those of the repository that the directory is a part of, from its top; without those that leave out the directory as a whole. */
async function rulesAbove(directory: string): Promise<Rules[]> {
  const rules: Rules[] = [];
  let folder = directory;
  while (!existsSync(join(folder, '.git'))) {
    const parent = dirname(folder);
    if (parent === folder) return [];
    folder = parent;
    const prefix = `${relative(folder, directory)}/`;
    const matcher = await readRules(folder, ['.gitignore']);
    if (matcher !== undefined && !matcher.test(prefix).ignored)
      rules.unshift({ matcher, pathFor: (path) => `${prefix}${path}` });
  }
  return rules;
}

async function readRules(folder: string, names: readonly string[]): Promise<Ignore | undefined> {
  const texts = await Promise.all(names.map((name) => readIfExists(join(folder, name))));
  const found = texts.filter((text) => text !== undefined);
  if (found.length === 0) return undefined;
  const matcher = ignore({ ignorecase: false });
  for (const text of found) matcher.add(text);
  return matcher;
}

async function readIfExists(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR'))
      return undefined;
    throw error;
  }
}

/** What a planner sees of a source: all names, and the text of the files that decide. */
export interface SourceFiles {
  /** Paths of files from the root of the source, sorted, without `./`. */
  readonly paths: readonly string[];
  /** Of the files that `isPlannerFile` names, at most `MAX_TEXT_BYTES` each. */
  readonly texts: ReadonlyMap<string, string>;
}

export const MAX_TEXT_BYTES = 256 * 1024;

const NAMES = new Set([
  'package.json',
  '.nvmrc',
  '.node-version',
  '.yarnrc.yml',
  'pnpm-workspace.yaml',
  'angular.json',
  'go.mod',
  'pyproject.toml',
  'Pipfile',
  '.python-version',
  'runtime.txt',
  'Procfile',
  'Staticfile',
  'Containerfile',
  'Dockerfile',
]);
const PATTERNS = [
  /^requirements[\w.-]*\.txt$/,
  /^vite\.config\.\w+$/,
  /^astro\.config\.\w+$/,
  /^next\.config\.\w+$/,
];
/** Programs say in their first lines what they are; those further down are libraries. */
const PROGRAM = /\.(go|py)$/;
const MAX_PROGRAM_DEPTH = 4;

/** @returns whether planning may depend on the text of a file of this path */
export function isPlannerFile(path: string): boolean {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  if (NAMES.has(name) || PATTERNS.some((pattern) => pattern.test(name))) return true;
  return PROGRAM.test(name) && parts.length <= MAX_PROGRAM_DEPTH;
}

/** The part of a source that a plan is made for, with what is above it: lockfiles of a workspace are there. */
export class SourceView {
  readonly root: string;
  readonly #files: SourceFiles;
  readonly #paths: ReadonlySet<string>;

  /** @param root `.`, or a relative directory without `..` */
  constructor(files: SourceFiles, root = '.') {
    this.#files = files;
    this.#paths = new Set(files.paths);
    this.root = root;
  }

  has(path: string): boolean {
    return this.#paths.has(this.#absolute(path));
  }

  text(path: string): string | undefined {
    return this.#files.texts.get(this.#absolute(path));
  }

  /** @returns the first of these that exists */
  first(...paths: readonly string[]): string | undefined {
    return paths.find((path) => this.has(path));
  }

  /** Paths of all files below the root, from the root. */
  below(): readonly string[] {
    if (this.root === '.') return this.#files.paths;
    const prefix = `${this.root}/`;
    return this.#files.paths.flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : []));
  }

  /** The same source, seen from another directory of it. */
  at(root: string): SourceView {
    return new SourceView(this.#files, root);
  }

  /** The root and the directories above it, nearest first, each with the way there: `.`, `..`, `../..`. */
  upwards(): { readonly view: SourceView; readonly way: string }[] {
    const parts = this.root === '.' ? [] : this.root.split('/');
    return Array.from({ length: parts.length + 1 }, (_, up) => ({
      view: this.at(parts.slice(0, parts.length - up).join('/') || '.'),
      way: up === 0 ? '.' : Array(up).fill('..').join('/'),
    }));
  }

  #absolute(path: string): string {
    return this.root === '.' ? path : `${this.root}/${path}`;
  }
}

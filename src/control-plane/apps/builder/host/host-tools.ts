import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCodeOf } from '../../../kernel/errors.ts';
import { runProgram } from '../../../kernel/process/run-program.ts';
import type { BuildKind, BuildPlan } from '../builder.ts';

const VERSION_LIMIT_MS = 20_000;

/** How a program says its version. */
const VERSION_ARGS: Readonly<Record<string, readonly string[]>> = { go: ['version'] };
const DEFAULT_VERSION_ARGS = ['--version'];

/** What each kind of source is built with; others are named by the steps. */
const TOOLS: Readonly<Record<BuildKind, readonly string[]>> = {
  node: ['node', 'npm'],
  go: ['go'],
  python: ['python3'],
  static: ['node'],
  procfile: [],
  containerfile: [],
};

/** Packages of Debian that have a program, for the sentence that says what to install. */
const PACKAGES: Readonly<Record<string, string>> = {
  node: 'nodejs',
  npm: 'npm',
  npx: 'npm',
  go: 'golang-go',
  python3: 'python3-venv',
};

export interface HostTool {
  readonly name: string;
  readonly file: string;
  /** As it says it, in one line. */
  readonly version: string;
}

/** The programs of this host that builds run. */
export class HostTools {
  readonly #folders: readonly string[];
  readonly #versions = new Map<string, Promise<string>>();

  /**
   * @param path folders, separated by colons
   * @param isForOthers whether builds run as another user: then folders that only the user of the server can enter do not count
   */
  constructor(path: string, isForOthers: boolean) {
    this.#folders = path.split(':').filter((folder) => !isForOthers || isOpenToOthers(folder));
  }

  get path(): string {
    return this.#folders.join(':');
  }

  find(name: string): string | undefined {
    return this.#folders.map((folder) => join(folder, name)).find(isProgram);
  }

  /** @returns undefined when it is not there, or does not start */
  async tool(name: string): Promise<HostTool | undefined> {
    const file = this.find(name);
    if (file === undefined) return undefined;
    // Another file in its place has another time of change.
    const key = `${file}@${statSync(file).mtimeMs}`;
    let version = this.#versions.get(key);
    if (version === undefined) {
      version = this.#askVersion(file, VERSION_ARGS[name] ?? DEFAULT_VERSION_ARGS);
      this.#versions.set(key, version);
    }
    const text = await version;
    return text === '' ? undefined : { name, file, version: text };
  }

  async #askVersion(file: string, args: readonly string[]): Promise<string> {
    try {
      const env = { PATH: this.path, HOME: '/nonexistent', GOTOOLCHAIN: 'local' };
      const { code, stdout } = await runProgram(file, args, { env, timeoutMs: VERSION_LIMIT_MS });
      return code === 0 ? (stdout.trim().split('\n')[0] ?? '') : '';
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      return '';
    }
  }
}

/** @returns the names of the programs of the host that a plan runs, those of the source left out */
export function toolsOf({ kind, steps, start }: Pick<BuildPlan, 'kind' | 'steps' | 'start'>): string[] {
  const programs = [...steps.map(({ argv }) => argv[0] ?? ''), start[0] ?? ''];
  const named = programs.filter((name) => name !== '' && !name.includes('/'));
  return [...new Set([...TOOLS[kind], ...named])];
}

/** @returns the one command that installs a program */
export function remedyFor(name: string): string {
  const debian = PACKAGES[name];
  return debian === undefined ? `install ${name} on the server` : `apt-get install ${debian}`;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return false;
  }
}

/** @returns whether any user may go there: each folder on the way can be entered */
export function isOpenToOthers(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    try {
      if ((statSync(at).mode & 0o001) === 0) return false;
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      return false;
    }
    if (at === dirname(at)) return true;
  }
}

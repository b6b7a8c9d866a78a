import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const FILE_MODE = 0o640;
const FOLDER_MODE = 0o750;

/** The assets directory. Names are relative to it; files are written synchronously, one after the other. */
export interface InstallDir {
  readonly path: string;
  pathOf(name: string): string;
  has(name: string): boolean;
  /** @returns undefined if the file does not exist */
  read(name: string): string | undefined;
  /** Writes the files and creates their folders. */
  write(files: Readonly<Record<string, string | Buffer>>): Promise<void>;
  /** Removes files or folders; missing ones are not an error. */
  remove(names: readonly string[]): void;
  /** Names of all files below a folder, as written by `write`. */
  filesIn(folder: string): string[];
}

/** `beforeWrite` runs before each file, to simulate a slow disk. */
export function openInstallDir(path: string, beforeWrite: () => Promise<void>): InstallDir {
  const pathOf = (name: string) => join(path, name);
  return {
    path,
    pathOf,
    has: (name) => existsSync(pathOf(name)),
    read: (name) => (existsSync(pathOf(name)) ? readFileSync(pathOf(name), 'utf8') : undefined),
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await beforeWrite();
        mkdirSync(dirname(pathOf(name)), { recursive: true, mode: FOLDER_MODE });
        writeFileSync(pathOf(name), content, { mode: FILE_MODE });
      }
    },
    remove(names) {
      for (const name of names) rmSync(pathOf(name), { recursive: true, force: true });
    },
    filesIn: (folder) => (existsSync(pathOf(folder)) ? filesBelow(path, folder) : []),
  };
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(root, join(folder, entry.name)) : [join(folder, entry.name)],
    );
}

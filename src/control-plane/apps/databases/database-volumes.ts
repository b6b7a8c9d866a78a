import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Of a volume while it is filled. */
const UNFINISHED = '.new-';

/** The data of databases: `DIRECTORY/ID`, which outlives instances. It belongs to the user of the environment once an instance has started. */
export class DatabaseVolumes {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  path(id: string): string {
    return join(this.#directory, id);
  }

  exists(id: string): boolean {
    return existsSync(this.path(id));
  }

  /**
   * Makes the volume as a whole or not at all.
   * @param fill writes into an empty directory; what an earlier attempt left is removed first
   * @param owner of the empty directory (default: this process)
   */
  async create(
    id: string,
    owner: { readonly uid: number; readonly gid: number } | undefined,
    fill: (directory: string) => Promise<void>,
  ): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o711 });
    await this.#removeUnfinished(id);
    const directory = mkdtempSync(join(this.#directory, `${UNFINISHED}${id}-`));
    if (owner !== undefined) chownSync(directory, owner.uid, owner.gid);
    await fill(directory);
    renameSync(directory, this.path(id));
  }

  async remove(id: string): Promise<void> {
    await this.#removeUnfinished(id);
    await removeFolder(this.path(id));
  }

  /** What of a database is on the disk, finished or not. */
  residueOf(id: string): string[] {
    const unfinished = this.#unfinished(id).map((name) => join(this.#directory, name));
    return this.exists(id) ? [this.path(id), ...unfinished] : unfinished;
  }

  async #removeUnfinished(id: string): Promise<void> {
    for (const name of this.#unfinished(id)) await removeFolder(join(this.#directory, name));
  }

  #unfinished(id: string): string[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).filter((name) => name.startsWith(`${UNFINISHED}${id}-`));
  }
}

/** A program of an attempt that was killed may still write. */
function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

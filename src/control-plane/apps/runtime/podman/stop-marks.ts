import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Which instances we stopped: a SIGKILL of ours is told apart from one of the kernel. */
export class StopMarks {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async mark(id: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#directory, id), '', { mode: 0o600 });
  }

  isMarked(id: string): boolean {
    return existsSync(join(this.#directory, id));
  }

  async forget(id: string): Promise<void> {
    await rm(join(this.#directory, id), { force: true });
  }
}

import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertInstanceId, mapRuntimeErrors } from '../runtime/runtime-error.ts';
import type { VolumeDriver } from './volume-driver.ts';

/** Volumes of the runtime `process`: `DIRECTORY/ID`, which belongs to the user of the environment once an instance has started. */
export class DirectoryVolumes implements VolumeDriver {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  create(id: string): Promise<string> {
    return mapRuntimeErrors('make the volume', async () => {
      const path = this.#path(id);
      mkdirSync(this.#directory, { recursive: true, mode: 0o711 });
      mkdirSync(path, { recursive: true, mode: 0o700 });
      return path;
    });
  }

  async find(id: string): Promise<string | undefined> {
    const path = this.#path(id);
    return existsSync(path) ? path : undefined;
  }

  remove(id: string): Promise<void> {
    return mapRuntimeErrors('remove the volume', () =>
      // A program that was killed may still write.
      rm(this.#path(id), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
    );
  }

  async residueOf(id: string): Promise<readonly string[]> {
    const path = await this.find(id);
    return path === undefined ? [] : [path];
  }

  #path(id: string): string {
    assertInstanceId(id);
    return join(this.#directory, id);
  }
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packSource } from '../../../src/cli/apps/source-archive.ts';
import { uploadSource } from '../../../src/cli/apps/upload-source.ts';
import type { ApiClient } from '../../../src/client/api-client.ts';
import { loadProgram } from '../../e2e/apps-load-program.ts';

export const VERSIONS = ['one', 'two', 'three'] as const;
/** Its instances end as they start. */
export const BROKEN = 'broken';
export type Version = (typeof VERSIONS)[number] | typeof BROKEN;

/** What users deploy, packed once. */
export class AppSources {
  readonly #folder: string;
  readonly #files = new Map<Version, string>();

  constructor(folder: string) {
    this.#folder = join(folder, 'sources');
  }

  async pack(): Promise<void> {
    for (const version of [...VERSIONS, BROKEN] as const) {
      const directory = join(this.#folder, version);
      mkdirSync(directory, { recursive: true });
      const files = {
        ...loadProgram(version),
        ...(version === BROKEN ? { 'server.js': 'process.exit(3);' } : {}),
      };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
      const file = join(this.#folder, `${version}.tar.gz`);
      await packSource(directory, { file });
      this.#files.set(version, file);
    }
  }

  upload(client: ApiClient, version: Version, team: string) {
    const file = this.#files.get(version);
    if (file === undefined) throw new RangeError(`${version} was not packed`);
    return uploadSource(client, { file, team });
  }
}

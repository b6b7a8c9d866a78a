import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the installed package: openapi.yaml, profiles/, prices/ and dist/ lie there, from sources and from the bundle alike. */
export function packageRoot(from: string = import.meta.url): string {
  for (let folder = dirname(fileURLToPath(from)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'openapi.yaml'))) return folder;
    if (folder === dirname(folder))
      throw new Error('the ocpctl package is incomplete: openapi.yaml is missing');
  }
}

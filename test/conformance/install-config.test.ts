import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validateInstallConfig } from '../../src/control-plane/clusters/install-config/validate-install-config.ts';
import { fieldsModule } from './install-config-fields.ts';

/** Validated by the installer's own validation code; not part of this repository. */
const ROOT = join(import.meta.dirname, '../..');
const DATA = join(ROOT, '../shared/data/install-config');
const VERDICTS = join(DATA, 'verdicts-4.20.jsonl');
const DEFINITION = join(DATA, 'crd-4.20.yaml');

interface Verdict {
  readonly name: string;
  readonly accepted: boolean;
  readonly config: unknown;
  readonly errors: readonly { readonly field: string; readonly type: string }[];
}

function verdicts(): Verdict[] {
  if (!existsSync(VERDICTS)) return [];
  const lines = readFileSync(VERDICTS, 'utf8').split('\n');
  return lines.flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Verdict]));
}

function fieldsAndTypes(problems: readonly { readonly field: string; readonly type: string }[]): string[] {
  return [...new Set(problems.map(({ field, type }) => `${field} ${type}`))].sort();
}

describe.skipIf(!existsSync(VERDICTS))(
  'verdicts of openshift-install 4.20 (skipped without ../shared/data)',
  () => {
    test.each(verdicts())('$name: accepted $accepted', ({ accepted, config, errors }) => {
      // What only the cloud rejects, the installer accepts.
      const problems = validateInstallConfig(config).filter(({ type }) => type !== 'CloudRejects');
      expect({ accepted: problems.length === 0, problems }).toMatchObject({ accepted });
      // Without errors the installer could not even decode the document; then it names no fields.
      if (errors.length > 0) expect(fieldsAndTypes(problems)).toEqual(fieldsAndTypes(errors));
    });
  },
);

test.skipIf(!existsSync(DEFINITION))(
  'the table of fields is made from the definition (skipped without ../shared/data)',
  async () => {
    const table = join(ROOT, 'src/control-plane/clusters/install-config/fields.gen.ts');
    await expect(fieldsModule(readFileSync(DEFINITION, 'utf8'))).toMatchFileSnapshot(table);
  },
);

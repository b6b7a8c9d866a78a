import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const copies: string[] = [];

afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true });
});

// That they are up to date now is a step of `npm run check`; here is the proof that the step can fail.
test('each generated file is compared with its source', () => {
  const copy = copyOfSources();
  edit(copy, 'openapi.yaml', /operationId: \w+/, 'operationId: renamed');
  appendFileSync(join(copy, 'src/control-plane/migrations/0001_kernel.sql'), '-- changed\n');
  edit(
    copy,
    'src/commands/version.ts',
    /static override summary = '[^']*'/,
    "static override summary = 'Other'",
  );
  edit(copy, 'profiles/profile.schema.json', /\{/, '{"title":"other",');
  edit(copy, 'schemas/output/list.schema.json', /\{/, '{"title":"other",');
  const { status, says } = check(copy);
  expect(status).toBe(1);
  expect(says.trim()).toBe(
    'stale generated files (run npm run gen): src/contract/api.gen.ts, ' +
      'src/control-plane/migrations/migrations.gen.ts, profiles/profile.schema.json, oclif.manifest.json, ' +
      'docs/cli/README.md, docs/cli/version.md, man/ocpctl.1, man/ocpctl-version.1, schemas/output/list.schema.json',
  );
});

function check(root: string): { status: number | null; says: string } {
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/generate.mjs'), '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, says: stderr };
}

function copyOfSources(): string {
  const copy = mkdtempSync(join(tmpdir(), 'ocpctl-generated-'));
  copies.push(copy);
  const needed = [
    'package.json',
    'tsconfig.json',
    'openapi.yaml',
    'bench/lib',
    'bench/results.json',
    'oclif.manifest.json',
    'profiles',
    'docs',
    'man',
    'schemas',
    'scripts',
    'src',
  ];
  for (const name of needed) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function edit(root: string, file: string, pattern: RegExp, replacement: string): void {
  const before = readFileSync(join(root, file), 'utf8');
  const after = before.replace(pattern, replacement);
  expect(after, `${file} has nothing to change`).not.toBe(before);
  writeFileSync(join(root, file), after);
}

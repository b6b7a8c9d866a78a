import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { isObject } from '../../src/contract/documents.ts';

/** `check-jsonschema` in a Python environment with test/ci-files/requirements.txt. */
const checker = process.env['OCPCTL_CHECK_JSONSCHEMA'];
/** The definition of Tekton's Task, from the release that .ci/run downloads. */
const tektonTask = process.env['OCPCTL_TEKTON_TASK'];
const directory = mkdtempSync(join(tmpdir(), 'ci-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** @returns what the checker prints about a text */
async function check(text: string, schema: readonly string[]): Promise<string> {
  if (checker === undefined) throw new Error('OCPCTL_CHECK_JSONSCHEMA is not set');
  const file = join(directory, 'file.yaml');
  writeFileSync(file, text);
  const ran = await promisify(execFile)(checker, [...schema, file]).catch(
    (error: { stdout?: string; stderr?: string }) => ({
      stdout: error.stdout ?? '',
      stderr: error.stderr ?? '',
    }),
  );
  return ran.stdout + ran.stderr;
}

const builtIn = (name: string) => ['--builtin-schema', `vendor.${name}`];
const read = (path: string) => readFileSync(path, 'utf8');

/** @returns the first block of a language below a heading of docs/ci.md */
function example(heading: string): string {
  const [, section = ''] = read('docs/ci.md').split(`\n## ${heading}\n`);
  const [, block] = /```yaml\n(.*?)```/s.exec(section.split('\n## ')[0] ?? '') ?? [];
  if (block === undefined) throw new Error(`docs/ci.md has no YAML below ${heading}`);
  return block;
}

/** The schema looks into no job whose name begins with a dot. */
function gitlabJob(): string {
  const template = parse(read('deploy/ci/gitlab/ocpctl.gitlab-ci.yml'));
  return stringify({ e2e: { ...template['.ocpctl'], script: './e2e.sh' } });
}

/** A Kubernetes server drops fields that it does not know; here they are errors. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  return isObject(schema['properties']) && !isOpen ? { ...inner, additionalProperties: false } : inner;
}

function taskSchema(): readonly string[] {
  if (tektonTask === undefined) throw new Error('OCPCTL_TEKTON_TASK is not set');
  const { spec } = parse(read(tektonTask));
  const [{ schema }] = spec.versions.filter(({ name }: { name: string }) => name === 'v1');
  const { properties, ...rest } = schema.openAPIV3Schema;
  const ofObject = {
    apiVersion: { const: 'tekton.dev/v1' },
    kind: { const: 'Task' },
    metadata: { type: 'object' },
  };
  const file = join(directory, 'task.schema.json');
  const whole = { ...rest, required: ['apiVersion', 'kind', 'metadata', 'spec'] };
  writeFileSync(file, JSON.stringify(closed({ ...whole, properties: { ...properties, ...ofObject } })));
  return ['--schemafile', file];
}

const FILES = [
  ['the GitHub Action', () => read('deploy/ci/github-action/action.yml'), () => builtIn('github-actions')],
  ['the GitHub workflow of docs/ci.md', () => example('GitHub Actions'), () => builtIn('github-workflows')],
  ['the job that extends the template of GitLab', gitlabJob, () => builtIn('gitlab-ci')],
  ['the job of GitLab of docs/ci.md', () => example('GitLab CI'), () => builtIn('gitlab-ci')],
  ['the Task of Tekton', () => read('deploy/ci/tekton/run-with-cluster.yaml'), taskSchema],
] as const;

describe.each(FILES)('%s', (_, text, schema) => {
  test('is what its public schema permits', async () => {
    expect(await check(text(), schema())).toContain('ok -- validation done');
  });

  test('a field that the schema does not know is found', async () => {
    const misspelt = stringify(renamed(parse(text())));
    expect(await check(misspelt, schema())).toContain('Schema validation errors');
  });
});

/** @returns the document with one field misspelt that every one of these files has */
function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed);
  if (!isObject(value)) return value;
  const names: Record<string, string> = {
    'runs-on': 'runs_on',
    using: 'uses',
    id_tokens: 'id_token',
    envFrom: 'envfrom',
  };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [names[key] ?? key, renamed(inner)]));
}

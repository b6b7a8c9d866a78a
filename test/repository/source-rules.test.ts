import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Source {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

/** What imports cannot tell, so that dependency-cruiser does not see it: each says where a file breaks it. */
const RULES: Record<string, (source: Source) => string[]> = {
  'SQL is written in *.sql.ts files and migrations': ({ file, text }) =>
    isUnder(file, 'src/') && !isStore(file) ? linesWith(text, /\bstatement\(/) : [],

  'settings come from config.ts, the command line and the sandbox’s programs': ({ file, text }) =>
    isUnder(file, 'src/') && !READS_ENVIRONMENT.some((folder) => isUnder(file, folder))
      ? linesWith(text, /\bprocess\.env\b/)
      : [],

  'the kernel does not know what it manages': ({ file, text }) =>
    isUnder(file, 'src/control-plane/kernel/') || file === 'src/control-plane/migrations/0001_kernel.sql'
      ? linesWith(text, /cluster/i)
      : [],

  // In tests biome sees to it, and takes a reason.
  'types are neither given up nor asserted away': ({ file, text }) =>
    isUnder(file, 'src/') && /\.tsx?$/.test(file) && !isGenerated(file) ? escapesFromTypes(file, text) : [],

  'a file of the product fits in the head': ({ file, text }) => {
    const lines = text.trimEnd().split('\n').length;
    return isUnder(file, 'src/') && !isGenerated(file) && lines > MAX_LINES ? [`${lines} lines`] : [];
  },

  'only the face is a barrel': ({ file, text }) =>
    isUnder(file, 'src/') && file !== 'src/control-plane/index.ts'
      ? linesWith(text, /^export (\*|\{[^}]*\}|type \{[^}]*\}) from /)
      : [],

  'nothing is left to do': ({ text }) => linesWith(text, new RegExp(`\\b(TO${'DO'}|FIX${'ME'})\\b`)),

  'no checker is silenced in the product': ({ file, text }) =>
    isUnder(file, 'src/') ? linesWith(text, /(biome|eslint|@ts)-(ignore|disable|expect-error|nocheck)/) : [],
};

const MAX_LINES = 250;

const READS_ENVIRONMENT = [
  'src/control-plane/settings/server-config.ts',
  'src/cli/',
  'src/quick/',
  // Programs of their own, as those of the sandbox are.
  'src/control-plane/apps/builder/static-site/static-server.ts',
  'src/sandbox/openshift-install.ts',
  'src/sandbox/cluster-api.ts',
  'src/sandbox/ccoctl.ts',
];

const SOURCES = ['bin', 'scripts', 'src', 'test'].flatMap(read);

describe('each rule holds', () => {
  test.each(Object.entries(RULES))('%s', (_name, breaches) => {
    const found = SOURCES.flatMap((source) => breaches(source).map((what) => `${source.file}:${what}`));
    expect(found).toEqual([]);
  });
});

describe('each rule can be broken', () => {
  const kernel = 'src/control-plane/kernel/jobs/queue.ts';
  test.each<[rule: keyof typeof RULES, broken: Source, whole: Source]>([
    [
      'SQL is written in *.sql.ts files and migrations',
      { file: 'src/control-plane/clusters/service/read.ts', text: 'const all = statement({});' },
      { file: 'src/control-plane/clusters/store/clusters.sql.ts', text: 'const all = statement({});' },
    ],
    [
      'settings come from config.ts, the command line and the sandbox’s programs',
      { file: 'src/control-plane/main.ts', text: "process.env['HOME']" },
      { file: 'src/control-plane/settings/server-config.ts', text: "process.env['HOME']" },
    ],
    [
      'the kernel does not know what it manages',
      { file: kernel, text: '// one job per Cluster' },
      { file: 'src/control-plane/worker/worker.ts', text: '// one job per Cluster' },
    ],
    [
      'types are neither given up nor asserted away',
      { file: kernel, text: 'export const take = (row: any) => row;' },
      { file: kernel, text: '// any row\nexport const take = (row: unknown) => !row;' },
    ],
    [
      'types are neither given up nor asserted away',
      { file: kernel, text: 'export const take = (rows: string[]) => rows[0]!;' },
      { file: kernel, text: 'export const take = (rows: string[]) => rows[0] !== "";' },
    ],
    [
      'a file of the product fits in the head',
      { file: kernel, text: 'const x = 1;\n'.repeat(251) },
      { file: kernel, text: 'const x = 1;\n'.repeat(250) },
    ],
    [
      'only the face is a barrel',
      { file: kernel, text: "export { claim } from './store/claim.ts';" },
      { file: kernel, text: "import { claim } from './store/claim.ts';\nexport const run = claim;" },
    ],
    [
      'nothing is left to do',
      { file: kernel, text: `// ${'TO'}DO later` },
      { file: kernel, text: '// to do later would be too late' },
    ],
    [
      'no checker is silenced in the product',
      { file: kernel, text: '// eslint-disable-next-line' },
      { file: 'test/cli/terminal.test.ts', text: '// biome-ignore lint/x: for this reason' },
    ],
  ])('%s', (rule, broken, whole) => {
    expect(RULES[rule]?.(broken)).toHaveLength(1);
    expect(RULES[rule]?.(whole)).toEqual([]);
  });
});

describe('two files of the product export no equal names, so that jumping to a symbol lands right', () => {
  test('D4: each name is exported once', () => {
    expect(equalExports(SOURCES.filter(({ file }) => isUnder(file, 'src/')))).toEqual([]);
  });

  test('D4: an equal name is found, whatever kind of thing it names', () => {
    const one = { file: 'src/cli/one.ts', text: 'export async function forbidden(): Promise<void> {}\n' };
    const two = { file: 'src/render/two.ts', text: 'import x;\nexport type forbidden = string;\n' };
    expect(equalExports([one, two])).toEqual(['forbidden: src/cli/one.ts, src/render/two.ts']);
    expect(equalExports([one, { ...two, text: 'type forbidden = string;' }])).toEqual([]);
    expect(equalExports([one, { ...two, file: 'src/render/two.gen.ts' }])).toEqual([]);
  });
});

function equalExports(sources: readonly Source[]): string[] {
  const files = new Map<string, Set<string>>();
  for (const { file, text } of sources) {
    if (isGenerated(file)) continue;
    for (const [, name = ''] of text.matchAll(EXPORT))
      files.set(name, (files.get(name) ?? new Set()).add(file));
  }
  return [...files].filter(([, at]) => at.size > 1).map(([name, at]) => `${name}: ${[...at].join(', ')}`);
}

/** A declaration with a name of its own; `export default` has none that others import. */
const EXPORT = /^export (?:abstract |async )?(?:const|function\*?|class|interface|type) (\w+)/gm;

function read(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs|js|sql)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ file: path.slice(ROOT.length), text: readFileSync(path, 'utf8') }));
}

function isUnder(file: string, folder: string): boolean {
  return file.startsWith(folder);
}

function isGenerated(file: string): boolean {
  return file.endsWith('.gen.ts');
}

function isStore(file: string): boolean {
  return file.endsWith('.sql.ts') || file === 'src/control-plane/kernel/db/statement.ts';
}

function linesWith(text: string, pattern: RegExp): string[] {
  return text
    .split('\n')
    .flatMap((line, index) => (pattern.test(line) ? [`${index + 1} ${line.trim()}`] : []));
}

/** `any` and non-null assertions, found in the syntax, so that words in comments and strings are none. */
function escapesFromTypes(file: string, text: string): string[] {
  if (!/\bany\b|[\w)\]]!(?!=)/.test(text)) return []; // most files need no parsing
  const found: string[] = [];
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, false);
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword || ts.isNonNullExpression(node)) {
      const { line } = parsed.getLineAndCharacterOfPosition(node.end);
      found.push(`${line + 1} ${text.split('\n')[line]?.trim()}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { clusterOf } from './support/documents.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

interface Metafile {
  readonly outputs: Record<
    string,
    {
      readonly imports: readonly {
        readonly path: string;
        readonly kind: string;
        readonly external?: boolean;
      }[];
      readonly inputs: Record<string, { readonly bytesInOutput: number }>;
    }
  >;
}

const metafile: Metafile = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../dist/metafile.json', import.meta.url)), 'utf8'),
);

/** The npm packages that are loaded before a command does anything: over static imports, `await import()` left out. Of CommonJS all that are in the file. */
function packagesOf(entry: string): string[] {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const output = metafile.outputs[path];
    for (const input of Object.keys(output?.inputs ?? {}))
      add(packages, input.split('node_modules/').at(-1), input);
    for (const { path: next, kind, external } of output?.imports ?? []) {
      if (kind !== (entry.endsWith('.cjs') ? 'require-call' : 'import-statement')) continue;
      if (!external) visit(next);
      else if (!isBuiltin(next) && !next.startsWith('.')) packages.add(packageName(next));
    }
  };
  const start = Object.keys(metafile.outputs).find((path) => path.endsWith(`/${entry}`));
  expect(start, entry).toBeDefined();
  visit(start ?? '');
  return [...packages].sort();
}

function add(packages: Set<string>, rest: string | undefined, input: string): void {
  if (rest !== undefined && input.includes('node_modules/')) packages.add(packageName(rest));
}

function packageName(path: string): string {
  return path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/');
}

// Each package is paid for by every run of the command (reference figures: zod 53 ms, ink 410, fastify 89, conf 83, undici 85).
const LIST = packagesOf('commands/list.js');
/** Of what Node.js has but not loads by itself: none is needed for one signed request and a table, and each costs 1 ms and more. */
const NEVER_ON_NODE = [
  'fs/promises',
  'perf_hooks',
  'readline',
  'tls',
  'https',
  'internal/deps/undici/undici',
  'tty',
];

describe('what a quick command loads', () => {
  it('the start: nothing but the table of wide characters, with which help is laid out', () => {
    expect(packagesOf('start.cjs')).toEqual(['get-east-asian-width']);
  });

  // One file: what only some of the commands need is in it, but is not run before.
  it('the bundle: nothing of oclif, and no package that waits while it is loaded, as Ink does', () => {
    expect(packagesOf('quick.cjs')).toMatchInlineSnapshot(`
      [
        "@aws-sdk/credential-providers",
        "@opentelemetry/api",
        "@opentelemetry/exporter-trace-otlp-http",
        "@opentelemetry/resources",
        "@opentelemetry/sdk-trace-base",
        "get-east-asian-width",
        "https-proxy-agent",
        "jmespath",
        "proxy-from-env",
      ]
    `);
  });

  it('YAML is a file of its own', () => {
    expect(packagesOf('yaml.cjs')).toEqual(['yaml']);
  });

  it('list: nothing of Node.js that one request and a table do not need, and nothing of ICU', async () => {
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse([clusterOf()]) });
    const folder = temporaryFolder();
    const probe = join(folder, 'probe.cjs');
    // The first use of one of them reads the data of all languages: 10 ms.
    const traps = ['Segmenter', 'Collator', 'NumberFormat', 'DateTimeFormat', 'ListFormat', 'PluralRules'];
    writeFileSync(
      probe,
      `for (const name of ${JSON.stringify(traps)}) Intl[name] = class { constructor() { throw new Error(name); } };
      String.prototype.localeCompare = Number.prototype.toLocaleString = () => { throw new Error('ICU'); };
      process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(join(folder, 'loaded'))}, process.moduleLoadList.join('\\n')));`,
    );
    const run = await runCli(['list'], { ...server.env, NODE_OPTIONS: `--require ${probe}` });
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('demo') });
    const loaded = readFileSync(join(folder, 'loaded'), 'utf8').split('\n');
    expect(loaded).toContain('NativeModule http');
    expect(loaded.filter((name) => NEVER_ON_NODE.includes(name.replace('NativeModule ', '')))).toEqual([]);
  });
});

describe('what other commands load before they do anything', () => {
  it('list with oclif: oclif with its own needs', () => {
    expect(LIST).toMatchInlineSnapshot(`
      [
        "@oclif/core",
        "ansi-escapes",
        "ansi-regex",
        "ansi-styles",
        "ansis",
        "balanced-match",
        "brace-expansion",
        "clean-stack",
        "cli-spinners",
        "color-convert",
        "color-name",
        "debug",
        "ejs",
        "emoji-regex",
        "escape-string-regexp",
        "fdir",
        "get-east-asian-width",
        "get-package-type",
        "has-flag",
        "indent-string",
        "is-fullwidth-code-point",
        "lilconfig",
        "minimatch",
        "ms",
        "picomatch",
        "string-width",
        "strip-ansi",
        "supports-color",
        "tinyglobby",
        "widest-line",
        "wordwrap",
        "wrap-ansi",
      ]
    `);
  });

  it.each(['get', 'create', 'destroy', 'wait', 'logs', 'outputs', 'whoami', 'try', 'context/use'])(
    '%s: no more than list',
    (command) => {
      expect(packagesOf(`commands/${command}.js`).filter((name) => !LIST.includes(name))).toEqual([]);
    },
  );

  it('the server: nothing of AWS before a cloud, a bucket or a secret is asked for', () => {
    for (const entry of [
      'control-plane.js',
      'commands/server/index.js',
      'commands/server/installers/list.js',
    ])
      expect(packagesOf(entry).filter((name) => name.startsWith('@aws-sdk/'))).toEqual([]);
    const modules = Object.entries(metafile.outputs).filter(([path]) => path.endsWith('.js'));
    const external = modules.flatMap(([, { imports }]) => imports);
    const aws = external.filter(({ path }) => path.startsWith('@aws-sdk/'));
    expect(aws.length).toBeGreaterThan(5);
    expect(aws.filter(({ kind, external: outside }) => kind !== 'dynamic-import' || !outside)).toEqual([]);
  });

  it('nothing of OpenTelemetry before a collector is configured', () => {
    for (const entry of [
      'cli.js',
      'commands/create.js',
      'commands/list.js',
      'commands/server/index.js',
      'control-plane.js',
    ])
      expect(packagesOf(entry).filter((name) => name.startsWith('@opentelemetry/'))).toEqual([]);
    const all = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
    expect(all.filter(({ path }) => path.startsWith('@opentelemetry/')).length).toBeGreaterThan(2);
  });

  it('the entry: nothing but oclif with its own needs', () => {
    expect(
      packagesOf('cli.js').filter((name) => name.startsWith('@smithy/') || !/^[a-z@]/.test(name)),
    ).toEqual([]);
    expect(packagesOf('cli.js')).toMatchInlineSnapshot(`
      [
        "@oclif/core",
        "ansi-escapes",
        "ansi-regex",
        "ansi-styles",
        "ansis",
        "balanced-match",
        "brace-expansion",
        "clean-stack",
        "cli-spinners",
        "color-convert",
        "color-name",
        "debug",
        "ejs",
        "emoji-regex",
        "escape-string-regexp",
        "fdir",
        "get-package-type",
        "has-flag",
        "indent-string",
        "is-fullwidth-code-point",
        "lilconfig",
        "minimatch",
        "ms",
        "picomatch",
        "string-width",
        "strip-ansi",
        "supports-color",
        "tinyglobby",
        "widest-line",
        "wrap-ansi",
      ]
    `);
  });
});

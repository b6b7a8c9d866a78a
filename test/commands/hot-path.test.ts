import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

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

/** The npm packages that are loaded before a command does anything: over static imports, `await import()` left out. */
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
      if (kind !== 'import-statement') continue;
      if (!external) visit(next);
      else if (!next.startsWith('node:')) packages.add(packageName(next));
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

describe('what a command loads before it does anything', () => {
  it('list: oclif with its own needs, and the signer', () => {
    expect(LIST).toMatchInlineSnapshot(`
      [
        "@oclif/core",
        "@smithy/core",
        "@smithy/signature-v4",
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
    const external = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
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

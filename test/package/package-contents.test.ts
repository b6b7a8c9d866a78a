import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let files: string[];

beforeAll(() => {
  // The build runs before the tests; here it would replace dist under those that run from it.
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files: listed }]: [{ files: { path: string }[] }] = JSON.parse(packed);
  files = listed.map(({ path }) => path);
});

describe('the package', () => {
  test('holds every program', () => {
    const commands = readdirSync(join(ROOT, 'src/commands'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `dist/commands/${file.replace(/\.ts$/, '.js')}`);
    const programs = [
      'bin/run.js',
      'bin/package.json',
      'dist/start.cjs',
      'dist/quick.cjs',
      'dist/yaml.cjs',
      'dist/cli.js',
      'dist/control-plane.js',
      'dist/guard.js',
      'dist/instance-runner.js',
    ];
    const standIns = ['openshift-install', 'oc', 'ccoctl', 'cluster-api'].map(
      (name) => `dist/sandbox/${name}.js`,
    );
    expect(missing([...programs, ...standIns, ...commands])).toEqual([]);
  });

  test('holds what the programs read', () => {
    const data = ['profiles', 'prices', 'schemas', 'man'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.\w+$/.test(name))
        .map((name) => `${folder}/${name}`),
    );
    const single = [
      'openapi.yaml',
      'dist/openapi.json',
      'dist/help.json',
      'oclif.manifest.json',
      'dist/database.tar.gz',
      'npm-shrinkwrap.json',
      'README.md',
      'LICENSE',
    ];
    expect(missing([...single, ...data])).toEqual([]);
  });

  test('holds all that its package.json points to', () => {
    const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const targets = [...Object.values(bin), ...Object.values(exports)]
      .flatMap((target) => (typeof target === 'string' ? [target] : Object.values(Object(target))))
      .map((target) => String(target).replace('./', ''));
    // The types are made by `npm run build -- --types`, which `npm ci` and `npm pack` run.
    expect(missing(targets)).toEqual([]);
  });

  test('holds neither sources nor tests, nor what only a developer reads', () => {
    const allowed = /^(bin\/(run\.js|package\.json)|dist\/|profiles\/|prices\/|schemas\/|man\/|[^/]+$)/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    expect(files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
    expect(files.filter((file) => file.endsWith('metafile.json'))).toEqual([]);
  });

  test('tells nothing of the machine that built it', () => {
    const text = files.filter(
      (file) => /\.(c?js|map|json|d\.ts|yaml)$/.test(file) && existsSync(join(ROOT, file)),
    );
    expect(text.length).toBeGreaterThan(50);
    expect(text.filter((file) => readFileSync(join(ROOT, file), 'utf8').includes(ROOT))).toEqual([]);
    const sources = text
      .filter((file) => file.endsWith('.map'))
      .flatMap((file): string[] => JSON.parse(readFileSync(join(ROOT, file), 'utf8')).sources);
    expect(sources.filter((source) => source.startsWith('/') || source.includes(':'))).toEqual([]);
  });
});

function missing(expected: string[]): string[] {
  return expected.filter((file) => !files.includes(file));
}

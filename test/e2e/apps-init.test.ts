import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { AppDeploymentPlan } from '../../src/contract/documents.ts';
import { useAppsSite } from './apps-site.ts';

const apps = useAppsSite();
const SCHEMA = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../schemas/app-file.schema.json', import.meta.url)), 'utf8'),
);
const PACKAGE = JSON.stringify({ name: 'x', private: true, scripts: { start: 'node server.js' } });
const SOURCES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  node: { 'package.json': PACKAGE, 'server.js': '' },
  static: { 'index.html': '<p>hello' },
  procfile: { Procfile: 'web: ./serve --port $PORT', serve: '#!/bin/sh' },
};

const read = (directory: string) => readFileSync(join(directory, 'app.yaml'), 'utf8');
const planOf = async (directory: string) => {
  const { facts: _why, ...plan } = await apps().json<AppDeploymentPlan>('app', 'deploy', directory, '--plan');
  return plan;
};

test.each(Object.entries(SOURCES))(
  'app init: the file of %s is valid, and changes nothing of a deploy',
  async (name, files) => {
    const directory = apps().source(`init-${name}`, files);
    const { settings: before, ...plan } = await planOf(directory);
    const printed = await apps().cli(['app', 'init', directory]);
    expect(printed.stderr).toContain('nothing was deployed');
    const text = read(directory);
    const check = new Ajv2020().compile(SCHEMA);
    expect(check(parse(text)), `${JSON.stringify(check.errors)}\n${text}`).toBe(true);
    expect(text).toContain('# ');
    const { settings: after, ...same } = await planOf(directory);
    expect(same).toEqual(plan);
    const { start: _written, ...rest } = after;
    expect(rest).toEqual(before);
  },
);

test('app init: an app.yaml is replaced only with --force, and its settings are kept', async () => {
  const site = apps();
  const directory = site.source('init-again', {
    ...SOURCES['node'],
    'app.yaml': 'name: mine\nmemoryMb: 128\nvolume: { name: data, path: /data }\n',
  });
  const before = read(directory);
  const refused = await site.cli(['app', 'init', directory], 5);
  expect(refused.stderr).toContain('--force');
  expect(read(directory)).toBe(before);
  await site.cli(['app', 'init', directory, '--force', '--env', 'staging']);
  expect(parse(read(directory))).toEqual({
    ...{ name: 'mine', environment: 'staging', kind: 'web', start: 'node server.js' },
    ...{ memoryMb: 128, volume: { name: 'data', path: '/data' } },
  });
});

test('app init: what cannot be planned writes no file', async () => {
  const directory = apps().source('init-nothing', { 'notes.txt': 'x' });
  await apps().cli(['app', 'init', directory], 2);
  expect(existsSync(join(directory, 'app.yaml'))).toBe(false);
});

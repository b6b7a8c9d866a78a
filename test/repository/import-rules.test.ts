import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One file for each rule, that breaks it and no other. */
const BREACHES: Record<string, [file: string, code: string]> = {
  'commands-use-the-cli': ['src/commands/breach.ts', "import '../commands/list.ts';"],
  'only-the-server-command-knows-the-control-plane': [
    'src/commands/remote-breach.ts',
    "export const load = () => import('../control-plane/kernel/ids.ts');",
  ],
  'the-control-plane-is-loaded-lazily': [
    'src/commands/server/breach.ts',
    "import '../../control-plane/index.ts';",
  ],
  'quick-runs-commands': ['src/quick/breach.ts', "import '../client/api-client.ts';"],
  'cli-uses-client-render-contract': ['src/cli/breach.ts', "import '../commands/list.ts';"],
  'client-uses-contract': ['src/client/breach.ts', "import type { Table } from '../render/table.ts';"],
  'tracing-uses-contract': ['src/tracing/breach.ts', "import '../client/api-client.ts';"],
  'render-uses-contract': ['src/render/breach.ts', "import '../client/api-client.ts';"],
  'contract-imports-nothing': ['src/contract/breach.ts', "import 'zod';"],
  'edges-use-the-kernel': [
    'src/control-plane/http/breach.ts',
    "import '../clusters/service/cluster-transitions.ts';",
  ],
  'modules-use-the-kernel': [
    'src/control-plane/clusters/service/breach.ts',
    "import '../../http/server.ts';",
  ],
  'the-sandbox-cloud-reads-the-simulated-cloud': [
    'src/control-plane/clusters/clouds/sandbox/breach.ts',
    "import '../../../../sandbox/infrastructure/provision.ts';",
  ],
  'a-module-knows-no-other-module': [
    'src/control-plane/apps/breach.ts',
    "import '../clusters/service/cluster-transitions.ts';",
  ],
  'the-kernel-knows-no-module': [
    'src/control-plane/kernel/jobs/breach.ts',
    "import '../../clusters/service/cluster-transitions.ts';",
  ],
  'sandbox-imports-nothing-of-ours': ['src/sandbox/breach.ts', "import '../control-plane/kernel/ids.ts';"],
  'the-sandbox-is-not-a-library': [
    'src/control-plane/sandbox-breach.ts',
    "import '../sandbox/infrastructure/provision.ts';",
  ],
  'the-face-is-for-outsiders': ['src/control-plane/face-breach.ts', "import './index.ts';"],
  'one-composition-root': ['src/control-plane/root-breach.ts', "import './main.ts';"],
  'only-the-composition-lists-modules': [
    'src/control-plane/module-breach.ts',
    "import './clusters/module.ts';",
  ],
  'settings-are-passed-in': ['src/control-plane/settings-breach.ts', "import './settings/server-config.ts';"],
  'no-cycles': ['src/control-plane/clusters/cycle-breach.ts', "import './cycle-breach.ts';"],
  'processes-in-one-place': ['src/cli/process-breach.ts', "import { spawn } from 'node:child_process';"],
  'databases-in-one-place': [
    'src/control-plane/clusters/breach.ts',
    "import { NodeFS } from '@electric-sql/pglite/nodefs';",
  ],
  'fastify-in-http': ['src/control-plane/worker/breach.ts', "import type { FastifyReply } from 'fastify';"],
  'oclif-in-the-cli': ['src/client/oclif-breach.ts', "import { Command } from '@oclif/core/command';"],
  'aws-clients-in-engines': [
    'src/control-plane/clusters/jobs/breach.ts',
    "export const load = () => import('@aws-sdk/client-s3');",
  ],
  'aws-clients-are-loaded-lazily': [
    'src/control-plane/kernel/artifacts/s3-breach.ts',
    "import { S3Client } from '@aws-sdk/client-s3';",
  ],
  'ink-in-the-live-view': ['src/render/ink-breach.ts', "export const load = () => import('ink');"],
  'the-live-view-is-loaded-lazily': ['src/cli/live-breach.ts', "import '../render/progress/live.tsx';"],
  'only-what-is-installed-with-us': ['src/client/dev-breach.ts', "import fc from 'fast-check';"],
  'everything-resolves': ['src/render/missing-breach.ts', "import './nowhere.ts';"],
};

/** Folders of the kernel that need each other, while no two of their files do. */
const FOLDER_CYCLE: Record<string, string> = {
  'src/control-plane/kernel/limits/needs.ts': "import '../expiry/needed.ts';",
  'src/control-plane/kernel/limits/needed.ts': 'export {};',
  'src/control-plane/kernel/expiry/needs.ts': "import '../limits/needed.ts';",
  'src/control-plane/kernel/expiry/needed.ts': 'export {};',
};

/** What looks like a breach and is none. */
const ALLOWED: Record<string, string> = {
  'src/commands/server/lazy.ts': "export const load = () => import('../../control-plane/index.ts');",
  'src/control-plane/index.ts': "export * from './main.ts';",
  'src/control-plane/main.ts':
    "import './settings/server-config.ts';\nimport './http/server.ts';\nimport './worker/worker.ts';",
  'src/control-plane/http/server.ts': "import 'fastify';\nimport '../kernel/ids.ts';",
  'src/control-plane/composition/modules.ts': "import '../clusters/module.ts';",
  'src/control-plane/clusters/clouds/sandbox/cloud.ts':
    "import '../../../../sandbox/cloud/simulated-cloud.ts';",
  'src/control-plane/kernel/artifacts/s3-store.ts':
    "import type { S3Client } from '@aws-sdk/client-s3';\nexport const load = () => import('@aws-sdk/client-s3');",
  'src/control-plane/kernel/db/engine.ts': "import 'pg';\nimport '@electric-sql/pglite';",
  'src/control-plane/kernel/process/guard.ts': "import 'node:child_process';",
  'src/render/progress/live.tsx': "import 'ink';\nimport 'react';",
  'src/render/progress/progress-renderer.ts': "export const load = () => import('./live.tsx');",
};

const EMPTY = [
  'src/commands/list.ts',
  'src/client/api-client.ts',
  'src/render/table.ts',
  'src/sandbox/cloud/simulated-cloud.ts',
  'src/sandbox/infrastructure/provision.ts',
  'src/control-plane/settings/server-config.ts',
  'src/control-plane/clusters/service/cluster-transitions.ts',
  'src/control-plane/clusters/module.ts',
  'src/control-plane/kernel/ids.ts',
  'src/control-plane/worker/worker.ts',
];

let tree: string;
const broken = new Map<string, string[]>();

beforeAll(async () => {
  tree = mkdtempSync(join(tmpdir(), 'ocpctl-imports-'));
  for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(tree, file));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const file of EMPTY) write(file, 'export type Table = string;');
  for (const [file, code] of Object.entries(ALLOWED)) write(file, code);
  for (const [file, code] of [...Object.entries(FOLDER_CYCLE), ...Object.values(BREACHES)]) write(file, code);
  for (const { from, rule } of await cruise()) broken.set(from, [...(broken.get(from) ?? []), rule]);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

test('each rule has a breach', async () => {
  const path = join(ROOT, '.dependency-cruiser.mjs');
  const { default: config }: { default: { forbidden: { name: string }[] } } = await import(path);
  const rules = [...Object.keys(BREACHES), 'no-cycles-between-kernel-folders'];
  expect(rules.sort()).toEqual(config.forbidden.map((rule) => rule.name).sort());
});

test.each(Object.entries(BREACHES))('a breach of %s is seen', (rule, [file]) => {
  expect(broken.get(file)).toEqual([rule]);
});

test('a cycle between folders of the kernel is seen', () => {
  expect(broken.get('src/control-plane/kernel/limits')).toEqual(['no-cycles-between-kernel-folders']);
  expect(broken.get('src/control-plane/kernel/expiry')).toEqual(['no-cycles-between-kernel-folders']);
});

test('what is allowed is not a breach', () => {
  const breaches = new Set([
    ...Object.values(BREACHES).map(([file]) => file),
    'src/control-plane/kernel/limits',
    'src/control-plane/kernel/expiry',
  ]);
  expect([...broken.keys()].filter((file) => !breaches.has(file))).toEqual([]);
});

function write(file: string, code: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), `${code}\n`);
}

/** As `npm run check` does it, in the tree. */
async function cruise(): Promise<{ from: string; rule: string }[]> {
  const cruiser = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const rules = join(ROOT, '.dependency-cruiser.mjs');
  const args = [cruiser, 'src', '--config', rules, '--output-type', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: tree,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  const result: { summary: { violations: { from: string; rule: { name: string } }[] } } = JSON.parse(stdout);
  return result.summary.violations.map(({ from, rule }) => ({ from, rule: rule.name }));
}

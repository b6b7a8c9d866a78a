import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { filesNotKept, readFileInventory } from './file-inventory.ts';

const TEMPORARY = [
  'work/job_1/attempt-7/install/auth/kubeadmin-password',
  'work/job_1-undo/attempt-8/home/.aws/config',
  'work/job_2',
  'work/.write-check-4711',
  'artifacts/.incoming/2f7c',
  'keys/secrets.key.json.0123456789ab',
  'installers/.4.18.1.lock/entry/openshift-install',
];

test('the inventory of docs/installer.md names what is kept and what is temporary, and the search finds anything else', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ocpctl-inventory-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const add = (path: string) => {
    mkdirSync(dirname(join(dataDir, path)), { recursive: true });
    writeFileSync(join(dataDir, path), '');
  };
  add('artifacts/clu_1/job_1/attempt-1/fence-7/install-dir-art_1.tar.gz.sealed');
  add('artifacts/job-logs/job_1/000000000007-000001.jsonl.gz');
  add('keys/secrets.key.json');
  add('sandbox-cloud/aws/us-east-1/x.json');
  const inventory = readFileInventory();
  expect(filesNotKept(dataDir, inventory)).toEqual([]);
  for (const path of [...TEMPORARY, 'core.4711']) add(path);
  expect(filesNotKept(dataDir, inventory).sort()).toEqual([...TEMPORARY, 'core.4711'].sort());
  for (const path of TEMPORARY)
    expect(
      inventory.temporary.some((pattern) => pattern.test(path)),
      path,
    ).toBe(true);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startCompanion } from '../../../src/control-plane/kernel/process/companion-process.ts';

/** The program of the last build. */
const PROGRAM = fileURLToPath(new URL('../../../dist/sandbox/cluster-api.js', import.meta.url));
const SERVES = 'the Kubernetes API of sandbox clusters is at 127.0.0.1:';

function cloudFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocpctl-cluster-api-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('G4b: the process ends when its stdin is closed, as it is when the server dies', async () => {
  const child = spawn(process.execPath, [PROGRAM], {
    env: { OCPCTL_SANDBOX_CLOUD: cloudFolder() },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  expect(String(line)).toContain(SERVES);
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a companion that is killed is started again, until it is stopped', async () => {
  const lines: string[] = [];
  const ends: string[] = [];
  let pid = 0;
  const companion = startCompanion({
    file: process.execPath,
    args: ['-e', 'process.stdin.on("end", () => process.exit(0)).resume(); console.log(process.pid)'],
    env: {},
    onLine: (line) => {
      lines.push(line);
      pid = Number(line);
    },
    onEnded: (how) => ends.push(how),
  });
  onTestFinished(() => companion.stop());
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(1);
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => lines.length, { timeout: 20_000 }).toBe(2);
  expect(ends).toEqual(['SIGKILL']);
  await companion.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(ends).toEqual(['SIGKILL']);
});

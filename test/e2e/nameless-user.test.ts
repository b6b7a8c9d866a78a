import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ENTRY } from './server-process.ts';

/** As OpenShift chooses one for a namespace: in no /etc/passwd. */
const UID = 1_000_730_000;

test.runIf(process.getuid?.() === 0)(
  'a user id without a name runs commands, with a home directory and without one',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'ocpctl-nameless-'));
    chownSync(home, UID, 0);
    try {
      for (const env of [{ HOME: home }, {}]) {
        const child = spawn(process.execPath, [ENTRY, 'profiles', 'validate', '--help'], {
          uid: UID,
          gid: 0,
          cwd: '/',
          env: { PATH: process.env['PATH'], ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
        expect(stderr).toBe('');
        expect(stdout).toContain('USAGE');
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);

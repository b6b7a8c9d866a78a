import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noteNewerServer } from '../../src/cli/newer-server.ts';
import { fakeIo } from './support-io.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ocpctl-newer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** @returns what is said on a terminal at a time */
async function said(
  server: string,
  {
    at = '2026-01-01T00:00:00Z',
    isTTY = true,
    env = {},
  }: { at?: string; isTTY?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const io = fakeIo({ isTTY, env: { OCPCTL_CONFIG_DIR: folder, ...env } });
  await noteNewerServer({ ...io, now: () => new Date(at) }, '1.9.0', server);
  return io.written.stderr;
}

test('a newer server is named with the command that updates, once a day', async () => {
  expect(await said('1.10.0')).toBe(
    "The server runs ocpctl 1.10.0, this is 1.9.0: 'npm install --global ocpctl@1.10.0' updates it.\n",
  );
  expect(await said('1.10.0', { at: '2026-01-01T23:59:59Z' })).toBe('');
  expect(await said('1.10.0', { at: '2026-01-02T00:00:00Z' })).not.toBe('');
  // A clock that was set back silences it for no longer.
  expect(await said('1.10.0', { at: '2025-12-31T00:00:00Z' })).not.toBe('');
});

test.each(['1.9.0', '1.8.9', '0.10.0', '2.0.0-rc.1', '2.0', 'latest', '1.10.0; rm -rf /'])(
  'a server of version %s is not newer',
  async (server) => expect(await said(server)).toBe(''),
);

test('never to a pipe, in CI, or where it cannot be noted that it was said', async () => {
  expect(await said('2.0.0', { isTTY: false })).toBe('');
  expect(await said('2.0.0', { env: { CI: 'true' } })).toBe('');
  expect(await said('2.0.0', { env: { OCPCTL_CONFIG_DIR: '/proc/nowhere' } })).toBe('');
});

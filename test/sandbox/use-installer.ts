import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildExecutable, type InstallerFixture, openInstallerFixture } from './installer-fixture.ts';

/** Builds the executable once for a test file. @returns a maker of benches around it */
export function useInstaller(): () => InstallerFixture {
  let folder = '';
  let executable = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ocpctl-sandbox-build-'));
    executable = await buildExecutable(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return () => openInstallerFixture(executable);
}

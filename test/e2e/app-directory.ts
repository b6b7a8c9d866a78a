import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { killProcess, processesMentioning } from './processes.ts';

/** A directory of builds and instances; the users of instances can enter it. */
export function createAppDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ocpctl-apps-'));
  chmodSync(directory, 0o711);
  return directory;
}

/** Ends the instances below it, which outlive their server, and removes it. */
export async function removeAppDirectory(directory: string): Promise<void> {
  await eventually('every instance is gone', () => {
    const left = processesMentioning(directory);
    for (const { pid } of left) killProcess(pid);
    return left.length === 0;
  });
  // A probe of podman that was killed with its server leaves its container mounted.
  for (const folder of mountsBelow(directory)) spawnSync('umount', ['-l', folder]);
  rmSync(directory, { recursive: true, force: true });
}

/** The innermost first. */
function mountsBelow(folder: string): string[] {
  const lines = existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8').split('\n') : [];
  return lines
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`))
    .sort((a, b) => b.length - a.length);
}

import { readFileSync } from 'node:fs';
import { findHostProcess } from '../../../kernel/process/instance/host-process.ts';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';

/** conmon, which waits for the container and records its end, and podman, which it becomes for that. */
const RECORDERS = ['conmon', 'podman'];

/** Whether a container has ended and no process is left that would record it: podman says for ever that it runs. */
export function isLost(pid: number, conmonPidFile: string): boolean {
  if (pid <= 0 || findHostProcess(pid) !== undefined) return false;
  const recorder = ifReadable(() => readFileSync(conmonPidFile, 'latin1'))?.trim();
  const name = ifReadable(() => readFileSync(`/proc/${recorder}/comm`, 'latin1'))?.trim();
  return name === undefined || !RECORDERS.includes(name);
}

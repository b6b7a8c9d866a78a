import { readFileSync } from 'node:fs';
import type { Cgroup } from '../../../kernel/process/instance/cgroup.ts';
import type { HostProcess } from '../../../kernel/process/instance/host-process.ts';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { openProcessTable } from '../../../kernel/process/process-table.ts';
import type { InstanceSample } from '../runtime.ts';

/** USER_HZ, in which the kernel counts for programs on all its platforms that Node has. */
const TICKS_PER_SECOND = 100;

export interface RunningInstance {
  readonly id: string;
  readonly program: HostProcess;
  readonly cgroup: Cgroup | undefined;
}

/** By control group; without one, the sum over the session of the program, where processes that have ended and left it are not counted. */
export function sampleInstances(running: readonly RunningInstance[]): InstanceSample[] {
  const table = running.length === 0 ? [] : openProcessTable().list();
  return running.map(({ id, program, cgroup }) => {
    const usage = cgroup?.usage();
    if (usage !== undefined) return { id, ...usage };
    const pids = table.filter(({ sessionId }) => sessionId === program.pid).map(({ pid }) => pid);
    const samples = pids.map(sampleProcess);
    return {
      id,
      cpuSeconds: sum(samples.map(({ cpuSeconds }) => cpuSeconds)),
      memoryBytes: sum(samples.map(({ memoryBytes }) => memoryBytes)),
    };
  });
}

/** Its time with that of its children that have ended; memory without what it shares with others, where the kernel tells. */
function sampleProcess(pid: number): { readonly cpuSeconds: number; readonly memoryBytes: number } {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '';
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = sum(fields.slice(11, 15).map(Number));
  const status = ifReadable(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? '';
  const anonymousKb = Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes: anonymousKb * 1024 };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

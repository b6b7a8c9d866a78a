import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createProcfsTable } from '../../../../src/control-plane/kernel/process/process-table.ts';
import { bundleScript } from '../../../setup/child-script.ts';

export const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** The guard of the last build and the bundled worker fixture. */
export async function bundleWorker() {
  const worker = await bundleScript(new URL('fixtures/worker.ts', import.meta.url));
  return {
    guardPath: fileURLToPath(new URL('../../../../dist/guard.js', import.meta.url)),
    workerPath: worker.file,
    remove: worker.remove,
  };
}

/** @returns the living (not merely uncollected) processes among these. */
export function running(pids: readonly number[]): number[] {
  return createProcfsTable()
    .list()
    .filter((entry) => !entry.zombie && pids.includes(entry.pid))
    .map((entry) => entry.pid);
}

/** Waits until `holds` answers true, for at most 30 seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_500; tries++) {
    if (holds()) return;
    await delay(20);
  }
  throw new Error(`in 30 s it did not happen that ${what}`);
}

/** Collects lines, and resolves when enough of a kind have come. */
export function lineCollector() {
  const lines: string[] = [];
  const numbers = (word: string) =>
    lines.flatMap((line) => {
      const match = new RegExp(`^${word} (\\d+)$`).exec(line);
      return match?.[1] === undefined ? [] : [Number(match[1])];
    });
  return {
    lines,
    onLine: (line: string) => void lines.push(line),
    numbers,
    async pids(count: number): Promise<number[]> {
      await until(`${count} processes told their pid (heard: ${lines.join(' | ')})`, () => {
        return numbers('pid').length >= count;
      });
      return numbers('pid');
    },
  };
}

/** Starts the worker fixture as a process of its own. */
export function startWorker(
  args: readonly string[],
): ChildProcess & { heard: ReturnType<typeof lineCollector> } {
  const heard = lineCollector();
  const worker = spawn(process.execPath, [...args], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  if (worker.stdout !== null) createInterface({ input: worker.stdout }).on('line', heard.onLine);
  return Object.assign(worker, { heard });
}

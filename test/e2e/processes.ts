import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly argv: string;
}

/** Every live process whose arguments, environment or working directory mention `text`; not this one. */
export function processesMentioning(text: string): ProcessInfo[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const argv = read(() => readFileSync(`/proc/${name}/cmdline`, 'utf8'));
      const environment = read(() => readFileSync(`/proc/${name}/environ`, 'utf8'));
      const folder = read(() => readlinkSync(`/proc/${name}/cwd`));
      if (![argv, environment, folder].some((seen) => seen.includes(text))) return [];
      return [{ pid: Number(name), parentPid: parentOf(name), argv: argv.replaceAll('\0', ' ').trim() }];
    });
}

/**
 * Installers and what they started; guards excluded, because a guard outlives its child by a moment, and the API of sandbox clusters,
 * which lives as long as its server.
 */
export function installersMentioning(text: string): ProcessInfo[] {
  return processesMentioning(text).filter(
    ({ argv }) => !/\b(run|guard|cluster-api)\.js\b/.test(argv) && argv !== '',
  );
}

export function isAlive(pid: number): boolean {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat !== '' && !/\) Z /.test(stat);
}

/** @returns false when it ended by itself a moment ago */
export function killProcess(pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function parentOf(name: string): number {
  const stat = read(() => readFileSync(`/proc/${name}/stat`, 'utf8'));
  return Number(/\) \S (\d+)/.exec(stat)?.[1] ?? 0);
}

/** A process may end between two looks, and another user's cannot be read. */
function read(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}

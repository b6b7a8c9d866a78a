import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { fillDisk } from '../../e2e/fill-disk.ts';
import { processesMentioning } from '../../e2e/processes.ts';

/** Above the 200 MiB that a worker wants to see free. */
const DISK = 'size=300m';
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const MAKE_READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"';

export const canContain =
  spawnSync('unshare', [...NAMESPACES, 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

/** Runs a worker in PID and mount namespaces of its own, with a small disk as its work folder. */
export function containerLauncher(workFolder: string): readonly string[] {
  const start = `mount -t tmpfs -o ${DISK},mode=700 none "$0" && exec "$@"`;
  return ['unshare', ...NAMESPACES, 'sh', '-c', start, workFolder];
}

/** A running container, seen from its host. */
export class Container {
  /** The first process in it. */
  readonly pid: number;
  readonly #workFolder: string;

  private constructor(pid: number, workFolder: string) {
    this.pid = pid;
    this.#workFolder = workFolder;
  }

  /** @param launcherPid the process that waits for the container @returns undefined while it starts or ends */
  static find(launcherPid: number, folder: string, workFolder: string): Container | undefined {
    const first = processesMentioning(folder).find(({ parentPid }) => parentPid === launcherPid);
    return first && new Container(first.pid, workFolder);
  }

  /** @returns what frees the disk again; undefined when the container ended meanwhile */
  fillDisk(): (() => void) | undefined {
    const file = `${this.#onHost}/.filled`;
    const free = () => rmSync(file, { force: true });
    try {
      fillDisk(file);
      return free;
    } catch {
      free();
      return undefined;
    }
  }

  /** Files that are open stay writable, as on a disk that is remounted while it is in use. @returns what makes it writable again */
  makeDiskReadOnly(): (() => void) | undefined {
    return this.#inside('sh', '-c', MAKE_READ_ONLY, this.#workFolder)
      ? () => void this.#inside('umount', '-l', this.#workFolder)
      : undefined;
  }

  /** What is in its work folder. */
  workFiles(): string[] {
    try {
      return readdirSync(this.#onHost, { recursive: true, encoding: 'utf8' });
    } catch {
      return []; // it ended, and its disk with it
    }
  }

  get #onHost(): string {
    return `/proc/${this.pid}/root${this.#workFolder}`;
  }

  #inside(...command: string[]): boolean {
    return spawnSync('nsenter', ['--target', String(this.pid), '--mount', ...command]).status === 0;
  }
}

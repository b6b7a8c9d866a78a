import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { fillDisk } from '../../e2e/fill-disk.ts';
import { isAlive, processesMentioning } from '../../e2e/processes.ts';

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

  /**
   * Files that are open stay writable, as on a disk that is remounted while it is in use.
   * @returns what makes it writable again; it throws when the container lives and its disk stays read-only
   */
  makeDiskReadOnly(): (() => void) | undefined {
    if (!this.#inside('sh', '-c', MAKE_READ_ONLY, this.#workFolder)) return undefined;
    return () => {
      if (!this.#inside('umount', '-l', this.#workFolder) && isAlive(this.pid))
        throw new Error(`the disk of container ${this.pid} stays read-only`);
    };
  }

  /** What is in its work folder. */
  workFiles(): string[] {
    try {
      return readdirSync(this.#onHost);
    } catch {
      return []; // it ended, and its disk with it
    }
  }

  get #onHost(): string {
    return `/proc/${this.pid}/root${this.#workFolder}`;
  }

  /** Its `/proc` shows nothing to processes of other PID namespaces, and `umount` reads it. */
  #inside(...command: string[]): boolean {
    return spawnSync('nsenter', ['--target', String(this.pid), '--mount', '--pid', ...command]).status === 0;
  }
}

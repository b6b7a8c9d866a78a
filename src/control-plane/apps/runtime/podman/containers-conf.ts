import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What podman would ask for; more than most hosts allow. */
const WANTED = { nofile: 1_048_576, nproc: 4_194_304 };

export interface ContainersConfFacts {
  /** Name of the OCI runtime; undefined: podman's choice. */
  readonly runtime: string | undefined;
  readonly hardLimits: { readonly nofile: number; readonly nproc: number };
  readonly isRoot: boolean;
}

/**
 * podman asks for limits above the hard ones of many hosts, and fails; crun fails where both versions of cgroups are mounted; and without
 * systemd neither its control groups nor its journal are there.
 */
export function renderContainersConf({ runtime, hardLimits, isRoot }: ContainersConfFacts): string {
  const { nofile, nproc } = hardLimits;
  return [
    '[containers]',
    `default_ulimits = ["nofile=${nofile}:${nofile}", "nproc=${nproc}:${nproc}"]`,
    'log_driver = "k8s-file"',
    '[engine]',
    ...(runtime === undefined ? [] : [`runtime = "${runtime}"`]),
    ...(isRoot ? ['cgroup_manager = "cgroupfs"'] : []),
    'events_logger = "file"',
    '',
  ].join('\n');
}

export function readHardLimits(): ContainersConfFacts['hardLimits'] {
  const limits = readFileSync('/proc/self/limits', 'latin1');
  const pidMax = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
  const hard = (name: string, wanted: number) => {
    const value = new RegExp(`^${name} +\\S+ +(\\S+)`, 'm').exec(limits)?.[1];
    return value === undefined || value === 'unlimited' ? wanted : Math.min(Number(value), wanted);
  };
  return {
    nofile: hard('Max open files', WANTED.nofile),
    // podman lowers its own limit to the highest pid.
    nproc: Math.min(hard('Max processes', WANTED.nproc), pidMax),
  };
}

/** Replaced as a whole: another server may be reading it. */
export async function writeContainersConf(directory: string, facts: ContainersConfFacts): Promise<string> {
  const path = join(directory, 'containers.conf');
  const temporary = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(temporary, renderContainersConf(facts), { mode: 0o600 });
  await rename(temporary, path);
  return path;
}

import { systemClock } from '../../clock.ts';
import { type Descendants, trackDescendants } from '../descendants.ts';
import { openProcessTable, type ProcessTable } from '../process-table.ts';
import { SharedProcessTable } from '../shared-process-table.ts';
import type { Cgroup } from './cgroup.ts';

export interface InstanceTreeOptions {
  readonly mark: string;
  /** The program, if it lives. */
  readonly rootPid: number | undefined;
  readonly cgroup: Cgroup | undefined;
  readonly table?: ProcessTable;
}

/** All processes of an instance. With a control group also those that have left session and group and dropped the mark. */
export function instanceTree({ mark, rootPid, cgroup, table }: InstanceTreeOptions): Descendants {
  const shared = new SharedProcessTable(table ?? openProcessTable(), systemClock);
  const tree = trackDescendants(shared, {
    mark,
    selfPid: process.pid,
    ...(rootPid === undefined ? {} : { rootPid }),
  });
  return {
    scan() {
      const found = tree.scan();
      const known = new Set(found.map(({ pid }) => pid));
      const grouped = new Set(cgroup?.processes());
      const others = shared
        .list()
        .filter(({ pid, zombie }) => grouped.has(pid) && !known.has(pid) && !zombie);
      return [...found, ...others];
    },
  };
}

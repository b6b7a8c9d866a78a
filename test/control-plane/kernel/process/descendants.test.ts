import { describe, expect, it } from 'vitest';
import { trackDescendants } from '../../../../src/control-plane/kernel/process/descendants.ts';
import {
  type ProcessEntry,
  type ProcessTable,
  parsePs,
  parseStat,
} from '../../../../src/control-plane/kernel/process/process-table.ts';

const entry = (pid: number, parentPid: number, rest: Partial<ProcessEntry> = {}): ProcessEntry => ({
  pid,
  parentPid,
  groupId: pid,
  sessionId: pid,
  startedAt: pid,
  zombie: false,
  ...rest,
});

/** A machine whose processes a test writes down, scan by scan. */
function machine(marked: readonly number[] = []) {
  let listed: ProcessEntry[] = [];
  const table: ProcessTable = {
    list: () => listed,
    environmentValue: (pid) => (marked.includes(pid) ? 'm.1' : null),
  };
  return {
    table,
    show: (...entries: ProcessEntry[]) => {
      listed = [entry(1, 0), entry(50, 1), ...entries];
    },
  };
}
const pidsOf = (entries: readonly ProcessEntry[]) => entries.map((found) => found.pid).sort((a, b) => a - b);

describe('descendants', () => {
  it('are children of children, in any session', () => {
    const { table, show } = machine();
    const tree = trackDescendants(table, { mark: 'm', rootPid: 100, selfPid: 50 });
    show(entry(102, 101), entry(101, 100), entry(100, 50), entry(200, 1));
    expect(pidsOf(tree.scan())).toEqual([100, 101, 102]);
  });

  it('stay descendants when their parent dies, and so do those that they start later', () => {
    const { table, show } = machine();
    const tree = trackDescendants(table, { mark: 'm', rootPid: 100, selfPid: 50 });
    show(entry(100, 50), entry(101, 100));
    tree.scan();
    show(entry(101, 1), entry(102, 101));
    expect(pidsOf(tree.scan())).toEqual([101, 102]);
  });

  it('are found by mark or by session when no one saw their parent', () => {
    const { table, show } = machine([300]);
    const tree = trackDescendants(table, { mark: 'm', rootPid: 100, selfPid: 50 });
    show(entry(100, 50));
    tree.scan();
    show(entry(100, 50), entry(300, 1), entry(301, 1, { sessionId: 100 }), entry(302, 1));
    expect(pidsOf(tree.scan())).toEqual([100, 300, 301]);
  });

  it('do not include a process that got the pid of one that is gone, nor zombies, nor the process that asks', () => {
    const { table, show } = machine();
    const tree = trackDescendants(table, { mark: 'm', rootPid: 100, selfPid: 50 });
    show(entry(100, 50), entry(101, 100, { sessionId: 50, groupId: 50 }));
    expect(pidsOf(tree.scan())).toEqual([100, 101]);
    show(entry(100, 50, { zombie: true }), entry(101, 1, { startedAt: 999 }));
    expect(pidsOf(tree.scan())).toEqual([]);
    show(entry(100, 1, { startedAt: 1000 }));
    expect(pidsOf(tree.scan())).toEqual([]);
  });
});

it('reads /proc/PID/stat, also with a name made to confuse', () => {
  const stat =
    '42 (a) R 1 (b c) S 7 40 41 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1000 2 18446744073709551615 1 1';
  expect(parseStat(stat)).toEqual({
    pid: 42,
    parentPid: 7,
    groupId: 40,
    sessionId: 41,
    startedAt: 123456,
    zombie: false,
  });
  expect(parseStat('')).toBeUndefined();
});

it('reads the lines of ps', () => {
  const output =
    '    1     0     1 Ss   Mon Jan  5 09:00:01 2026\n  310   1   305 Z+   Mon Jan  5 09:12:33 2026    \n???\n';
  expect(parsePs(output)).toEqual([
    {
      pid: 1,
      parentPid: 0,
      groupId: 1,
      sessionId: 1,
      startedAt: Date.parse('2026-01-05T09:00:01'),
      zombie: false,
    },
    {
      pid: 310,
      parentPid: 1,
      groupId: 305,
      sessionId: 305,
      startedAt: Date.parse('2026-01-05T09:12:33'),
      zombie: true,
    },
  ]);
});

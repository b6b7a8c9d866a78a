import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** Environment variable that marks every process of a guarded tree, unless a program removes it. */
export const MARK_VARIABLE = 'OCPCTL_GUARD_MARK';

export interface Descendants {
  /** Reads the process table. @returns the processes of the tree that are alive */
  scan(): ProcessEntry[];
}

export interface Tree {
  /** Prefix of the value of the mark. */
  readonly mark: string;
  /** The root process, if known. */
  readonly rootPid?: number;
  /** This process, which is never part of the tree. */
  readonly selfPid: number;
}

/**
 * Tracks a tree of processes, including those that left their process group or session, or whose parent has died.
 * A process belongs to the tree when an earlier scan saw it there, when its parent belongs to it, when it shares a session or group with
 * a member of the previous scan, or when its environment has the mark. A process that leaves its session, drops the mark and loses its
 * parent between two scans escapes; only cgroups could hold it.
 */
export function trackDescendants(table: ProcessTable, tree: Tree): Descendants {
  let members = new Map<string, ProcessEntry>();
  let strangers = new Set<string>();
  // Only for the first scan: later the pid may belong to another process.
  let rootPid = tree.rootPid;

  const isMarked = (entry: ProcessEntry, stillStrangers: Set<string>): boolean => {
    const id = identityOf(entry);
    const mark = strangers.has(id) ? null : table.environmentValue(entry.pid, MARK_VARIABLE);
    const isMember = mark?.startsWith(tree.mark) ?? false;
    if (mark !== undefined && !isMember) stillStrangers.add(id);
    return isMember;
  };

  const scan = (): ProcessEntry[] => {
    const listed = table.list();
    const self = listed.find((entry) => entry.pid === tree.selfPid);
    const others = listed.filter((entry) => entry.pid !== tree.selfPid);
    const bonds = processGroupsOf(members.values(), self);
    const stillStrangers = new Set<string>();
    const found = new Map<number, ProcessEntry>();
    for (const entry of others) {
      const known = members.has(identityOf(entry)) || entry.pid === rootPid;
      if (known || sharesGroup(entry, bonds) || isMarked(entry, stillStrangers)) found.set(entry.pid, entry);
    }
    addChildren(found, others);
    rootPid = undefined;
    members = new Map([...found.values()].map((entry) => [identityOf(entry), entry]));
    strangers = stillStrangers;
    return [...found.values()].filter((entry) => !entry.zombie);
  };
  return { scan };
}

/** Includes the start time, because the system reuses pids. */
export function identityOf(entry: ProcessEntry): string {
  return `${entry.pid}@${entry.startedAt}`;
}

interface ProcessGroups {
  readonly sessions: ReadonlySet<number>;
  readonly groups: ReadonlySet<number>;
}

/** The sessions and groups of the members. The system does not reuse such a number while a member is alive. */
function processGroupsOf(members: Iterable<ProcessEntry>, self: ProcessEntry | undefined): ProcessGroups {
  const sessions = new Set<number>();
  const groups = new Set<number>();
  for (const member of members) {
    if (member.sessionId !== self?.sessionId) sessions.add(member.sessionId);
    if (member.groupId !== self?.groupId) groups.add(member.groupId);
  }
  return { sessions, groups };
}

/** A leader with such a number that was not known before is another process, not a member. */
function sharesGroup(entry: ProcessEntry, bonds: ProcessGroups): boolean {
  return (
    (entry.sessionId !== entry.pid && bonds.sessions.has(entry.sessionId)) ||
    (entry.groupId !== entry.pid && bonds.groups.has(entry.groupId))
  );
}

function addChildren(found: Map<number, ProcessEntry>, all: readonly ProcessEntry[]): void {
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const entry of all) if (found.has(entry.parentPid)) found.set(entry.pid, entry);
  }
}

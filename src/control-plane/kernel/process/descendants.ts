import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** The environment variable that marks every process of one guarded tree, unless a program drops it. */
export const MARK_VARIABLE = 'OCPCTL_GUARD_MARK';

export interface Descendants {
  /** Looks at the machine. @returns the processes of the tree that still live. */
  scan(): ProcessEntry[];
}

export interface Tree {
  /** What the value of the mark starts with. */
  readonly mark: string;
  /** The process at the top, when it is known. */
  readonly rootPid?: number;
  /** Who is looking: never part of the tree. */
  readonly selfPid: number;
}

/**
 * Follows a tree of processes, also those that left their process group or session, or whose parent has died.
 * A process belongs to the tree when it was seen in it before, when its parent does, when it shares a session or group
 * with one that did at the scan before, or when its environment carries the mark. What left its session, dropped
 * the mark and lost its parent, all between two scans, escapes: only a kernel facility (cgroups) would hold it.
 */
export function trackDescendants(table: ProcessTable, tree: Tree): Descendants {
  const assignment = `${MARK_VARIABLE}=${tree.mark}`;
  let members = new Map<string, ProcessEntry>();
  let strangers = new Set<string>();
  // Only the first look may go by the number: later it may be somebody else's.
  let rootPid = tree.rootPid;

  const isMarked = (entry: ProcessEntry, stillStrangers: Set<string>): boolean => {
    const id = identityOf(entry);
    const holds = strangers.has(id) ? false : table.environmentHolds(entry.pid, assignment);
    if (holds === false) stillStrangers.add(id);
    return holds === true;
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

/** A pid alone is not an identity: the system uses it again. */
export function identityOf(entry: ProcessEntry): string {
  return `${entry.pid}@${entry.startedAt}`;
}

interface ProcessGroups {
  readonly sessions: ReadonlySet<number>;
  readonly groups: ReadonlySet<number>;
}

/** The sessions and groups of the members; the kernel does not give such a number away while one of them lives. */
function processGroupsOf(members: Iterable<ProcessEntry>, self: ProcessEntry | undefined): ProcessGroups {
  const sessions = new Set<number>();
  const groups = new Set<number>();
  for (const member of members) {
    if (member.sessionId !== self?.sessionId) sessions.add(member.sessionId);
    if (member.groupId !== self?.groupId) groups.add(member.groupId);
  }
  return { sessions, groups };
}

/** A leader is no member by its own number: a leader that was not known before is somebody new. */
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

/** One process of this machine, as the operating system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** When it started, in units of the table: compared only, so that a pid used again is another process. */
  readonly startedAt: number;
  /** Dead, but not yet collected by its parent: no signal reaches it and it does nothing. */
  readonly zombie: boolean;
}

export interface ProcessTable {
  list(): ProcessEntry[];
  /**
   * Does the environment that the process was started with hold a variable whose `NAME=value` starts like this?
   * Undefined when nobody may say: it is gone, or belongs to somebody else.
   */
  environmentHolds(pid: number, assignmentPrefix: string): boolean | undefined;
}

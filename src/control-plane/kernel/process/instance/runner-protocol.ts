import type { HostProcess } from './host-process.ts';

/** Who an instance belongs to. The runner only keeps it. */
export interface InstanceLabels {
  readonly id: string;
  readonly environmentId: string;
  readonly ownerId: string;
  readonly release: number;
  readonly replica: number;
}

export interface RunnerLimits {
  readonly memoryMb: number;
  readonly cpus: number;
  readonly pids: number;
}

/** What the runner of an instance is told, as one line of JSON on its stdin: the environment of the program has secrets. */
export interface RunnerRequest {
  readonly labels: InstanceLabels;
  /** Of all instances of the installation; each has a folder of its own in it. */
  readonly instancesDirectory: string;
  /** Home and temporary folder of the program are made in it. */
  readonly homeDirectory: string;
  readonly workingDirectory: string;
  readonly command: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** The user of the program; undefined: that of the runner. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** Programs that start the next one after them, with their arguments: what they set holds for the instance. */
  readonly launchers: readonly string[];
  /** Names of links in the home, and what each leads to. */
  readonly links: readonly { readonly path: string; readonly target: string }[];
  readonly ports: { readonly first: number; readonly last: number } | undefined;
  readonly limits: RunnerLimits;
  /** Below the hierarchies of the host; undefined: without. */
  readonly cgroup: string | undefined;
  /** In the environment of each process of the instance. */
  readonly mark: string;
  /** Processes that are left when the program has exited get so long to end. */
  readonly killAfterMs: number;
  readonly log: { readonly segmentBytes: number; readonly segments: number };
}

/** One line of JSON on the stdout of the runner. */
export type RunnerAnswer =
  | { readonly type: 'started' }
  /** Another runner has this instance, or had it. */
  | { readonly type: 'exists' }
  /** Nothing was started, and nothing is left: to be tried again. */
  | { readonly type: 'failed'; readonly message: string };

/** Files in the folder of an instance. */
export const RUNNER_FILE = 'runner.json';
export const PROGRAM_FILE = 'program.json';
export const EXIT_FILE = 'exit.json';

export interface RunnerRecord {
  readonly labels: InstanceLabels;
  readonly runner: HostProcess;
  readonly claimedAt: string;
}

export interface ProgramRecord {
  readonly program: HostProcess;
  readonly port: number | null;
  readonly startedAt: string;
}

export interface ExitRecord {
  readonly code: number | null;
  readonly signal: string | null;
  readonly isOutOfMemory: boolean;
  readonly at: string;
}

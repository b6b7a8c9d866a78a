/** Messages from a worker to its guard: one JSON object per line, on descriptor 3 of the guard. `id` is the number of a program. */
export type GuardRequest =
  | {
      readonly type: 'start';
      readonly id: number;
      readonly start: StartRequest;
      readonly leaseMs: number;
      readonly leaseEndsAtMs: number;
    }
  /** The worker was alive when it sent this; the lease of each program ends at its time of `hostMonotonicMs`. */
  | { readonly type: 'beat'; readonly leases: readonly (readonly [id: number, leaseEndsAtMs: number])[] }
  | { readonly type: 'end'; readonly id: number }
  /** The worker has read so much of the output of a program. */
  | { readonly type: 'read'; readonly id: number; readonly stream: ProgramStream; readonly bytes: number };

export interface StartRequest {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the child. It is not part of the environment of the guard, because it contains secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly mark: string;
  /** Streams that the worker reads; the others go to /dev/null. */
  readonly outputs: readonly ProgramStream[];
  readonly killAfterMs: number;
  readonly confinement?: ProgramConfinement;
}

/** What a program may do to the host, where the default is what the worker may do. */
export interface ProgramConfinement {
  /** Needs root. It has no other groups. @default that of the worker */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Priority of the system, 0 to 19. @default 10 */
  readonly niceness?: number;
  /** Directories of cgroups, made and removed by the caller: the program is moved into each when it starts. @default none */
  readonly cgroups?: readonly string[];
}

/** Messages from the guard to its worker. */
export type GuardReport =
  /** The answer to a beat. */
  | { readonly type: 'alive' }
  | { readonly type: 'started'; readonly id: number; readonly pid: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: 'output'; readonly id: number; readonly stream: ProgramStream; readonly base64: string }
  | { readonly type: 'exited'; readonly id: number; readonly exit: GuardedExit };

export type ProgramStream = 'stdout' | 'stderr';

/** How a guarded process ended: its exit code or signal, and who ended it. */
export interface GuardedExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** `abort`: the worker requested it. `guard`: the worker was silent or without a lease. `worker`: the guard itself died. */
  readonly endedBy: 'itself' | 'abort' | 'guard' | 'worker';
}

export const CONTROL_DESCRIPTOR = 3;

/** Messages are small, except for the environment in a start. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/**
 * The monotonic clock of the host in milliseconds, which is the same in all its processes. A time of this clock stays right in a message
 * that was read late, because the worker or the guard was frozen.
 */
export function hostMonotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

export function encodeMessage(message: GuardRequest | GuardReport): string {
  return `${JSON.stringify(message)}\n`;
}

/** Not validated, because both ends are in one package. Throws for a line that is not JSON. */
export function decodeMessage<T extends GuardRequest | GuardReport>(line: string): T {
  return JSON.parse(line) as T;
}

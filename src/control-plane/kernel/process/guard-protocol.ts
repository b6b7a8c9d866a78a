/** Messages from the worker to the guard: one JSON object per line, on descriptor 3 of the guard. */
export type GuardRequest =
  | {
      readonly type: 'start';
      readonly start: StartRequest;
      readonly leaseMs: number;
      readonly leaseEndsAtMs: number;
    }
  /** The worker was alive when it sent this, and its lease ends at this time of `hostMonotonicMs`. */
  | { readonly type: 'beat'; readonly leaseEndsAtMs: number }
  | { readonly type: 'end' };

export interface StartRequest {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the child. It is not part of the environment of the guard, because it contains secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly mark: string;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly killAfterMs: number;
}

/** Messages from the guard to the worker. */
export type GuardReport =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'exited'; readonly exit: GuardedExit };

/** How a guarded process ended: its exit code or signal, and who ended it. */
export interface GuardedExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** `abort`: the worker requested it. `guard`: the worker was dead or silent, or the guard itself died. */
  readonly endedBy: 'itself' | 'abort' | 'guard';
}

export const CONTROL_DESCRIPTOR = 3;

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

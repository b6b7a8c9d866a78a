/** What the worker tells the guard, one JSON object a line, on the socket that is the guard's descriptor 3. */
export type GuardRequest =
  | { readonly type: 'start'; readonly start: StartRequest; readonly leaseMs: number }
  /** The worker lives, and its lease holds for so long from now. */
  | { readonly type: 'beat'; readonly leaseMs: number }
  | { readonly type: 'end' };

export interface StartRequest {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment. It travels here and not in the guard's own, because it holds secrets. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly mark: string;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly killAfterMs: number;
}

/** What the guard answers. */
export type GuardReport =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'exited'; readonly exit: GuardedExit };

/** How a guarded process ended: its code or signal, and whether somebody made it end. */
export interface GuardedExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** `abort`: the worker asked. `guard`: the worker was gone or silent, or the guard itself was lost. */
  readonly endedBy: 'itself' | 'abort' | 'guard';
}

export const CONTROL_DESCRIPTOR = 3;

export function encodeMessage(message: GuardRequest | GuardReport): string {
  return `${JSON.stringify(message)}\n`;
}

/** Both ends ship in one package, so the shape is not checked again; a line that is no JSON throws. */
export function decodeMessage<T extends GuardRequest | GuardReport>(line: string): T {
  return JSON.parse(line) as T;
}

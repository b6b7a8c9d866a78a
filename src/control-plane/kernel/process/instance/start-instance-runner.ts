import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { splitLines } from '../line-splitter.ts';
import type { RunnerAnswer, RunnerRequest } from './runner-protocol.ts';

/** Its heap is small: what is kept is one chunk of output. */
const RUNNER_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=64'];

export interface RunnerStart {
  /** The built runner, `dist/instance-runner.js`. */
  readonly runnerPath: string;
  readonly request: RunnerRequest;
  readonly timeoutMs: number;
}

/**
 * Starts the runner of an instance, in a session of its own and without this process's environment. It and the instance go on when this
 * process ends.
 * @returns undefined when the runner was killed, or gave no answer in time
 */
export async function startInstanceRunner(
  { runnerPath, request, timeoutMs }: RunnerStart,
  clock: Clock,
): Promise<RunnerAnswer | undefined> {
  const child = spawn(process.execPath, [...RUNNER_HEAP, runnerPath, request.labels.id], {
    env: {},
    cwd: '/',
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  // A runner that was killed reads nothing.
  child.stdin.on('error', () => {});
  child.stdin.end(`${JSON.stringify(request)}\n`);
  const enough = new AbortController();
  try {
    return await Promise.race([
      answerOf(child),
      clock.sleep(timeoutMs, enough.signal).then(
        () => undefined,
        () => undefined,
      ),
    ]);
  } finally {
    enough.abort();
    child.stdout.destroy();
    child.unref();
  }
}

/** Rejects with the error of the system when the runner cannot be started. */
function answerOf(child: ChildProcessByStdio<Writable, Readable, null>): Promise<RunnerAnswer | undefined> {
  return new Promise((resolve, reject) => {
    // Not validated, because both ends are in one package.
    const lines = splitLines((line) => resolve(JSON.parse(line) as RunnerAnswer));
    child.stdout.on('data', (chunk: Uint8Array) => lines.push(chunk));
    child.once('close', () => resolve(undefined));
    child.once('error', reject);
  });
}

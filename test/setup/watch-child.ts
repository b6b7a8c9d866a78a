import type { ChildProcess } from 'node:child_process';

export interface FinishedChild {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WatchedChild {
  readonly child: ChildProcess;
  readonly finished: Promise<FinishedChild>;
  /** Resolves when stderr contains the text; rejects if the process ends before. */
  stderrHas(text: string): Promise<void>;
  /** The same of stdout. */
  stdoutHas(text: string): Promise<void>;
}

/** Collects what a process writes until it ends. */
export function watchChild(child: ChildProcess): WatchedChild {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const finished = new Promise<FinishedChild>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const has = (name: 'stdout' | 'stderr', seen: () => string, text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (seen().includes(text)) resolve();
      };
      child[name]?.on('data', look);
      look();
      finished.then(() => reject(new Error(`ended without "${text}" on ${name}:\n${seen()}`)), reject);
    });
  return {
    child,
    finished,
    stderrHas: (text) => has('stderr', () => stderr, text),
    stdoutHas: (text) => has('stdout', () => stdout, text),
  };
}

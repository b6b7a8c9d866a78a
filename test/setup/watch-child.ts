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
  return {
    child,
    finished,
    stderrHas: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (stderr.includes(text)) resolve();
        };
        child.stderr?.on('data', look);
        look();
        finished.then(() => reject(new Error(`ended without "${text}" on stderr:\n${stderr}`)), reject);
      }),
  };
}

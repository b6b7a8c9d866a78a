import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface ServerSetup {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly logFile: string;
  /** What runs in front of Node, for example `['unshare', '-m']`. */
  readonly launcher?: readonly string[];
  /** The program, default that of this repository. */
  readonly entry?: string;
}

/** An `ocpctl server` that this process started. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly #logFile: string;
  readonly #ready: Promise<string>;
  url = '';

  constructor({ argv, env, cwd, logFile, launcher = [], entry = ENTRY }: ServerSetup) {
    const log = openSync(logFile, 'a');
    const [file = process.execPath, ...args] = [...launcher, process.execPath, entry, 'server', ...argv];
    // In a session of its own, as a service manager would run it: our own Ctrl-C must not reach it.
    this.child = spawn(file, args, { env, cwd, stdio: ['ignore', log, log, 'ipc'], detached: true });
    closeSync(log);
    this.#logFile = logFile;
    this.exited = once(this.child, 'exit').then(([code, signal]) => code ?? signal);
    this.#ready = new Promise((resolve, reject) => {
      this.child.once('message', (message) => resolve((message as { url: string }).url));
      void this.exited.then((how) => reject(new Error(`the server ended (${how}):\n${this.log()}`)));
    });
    this.#ready.catch(() => {});
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it serves. @throws with its log when it ended instead. */
  async ready(): Promise<this> {
    this.url = await this.#ready;
    return this;
  }

  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.child.kill(signal);
  }

  /** SIGKILL, and waits until it is gone. Its guards are left to do their work. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }

  /** Asks it to drain. @returns its exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.signal('SIGTERM');
    return this.exited;
  }
}

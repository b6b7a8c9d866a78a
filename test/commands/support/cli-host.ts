import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type FinishedChild, watchChild } from '../../setup/watch-child.ts';

const PROGRAM = fileURLToPath(new URL('cli-host.mjs', import.meta.url));
/** More at the same time run as processes of their own. */
const MOST = 2;
/** Read anew by each command. What else is in an environment may be read once, while a module loads. */
const READ_ANEW = /^(OCPCTL_\w+|XDG_CACHE_HOME|XDG_CONFIG_HOME|HOME|PATH|KUBECONFIG|TZ)$/;
/** Hand their streams on to other programs, or are ended by signals. */
const OWN_PROCESS = /^(run|shell|try|dashboard|server(?! installers))\b/;

export interface CommandLine {
  readonly entry: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly isUsed: boolean;
}

const idle: CliHost[] = [];
let count = 0;

/** Runs a command line in a process that ran others before. @returns undefined when it needs a process of its own, or all are busy */
export function runInHost(command: CommandLine): Promise<FinishedChild> | undefined {
  if (command.env['TZ'] !== 'UTC' || !Object.keys(command.env).every((name) => READ_ANEW.test(name)))
    return undefined;
  if (OWN_PROCESS.test(command.argv.join(' '))) return undefined;
  const host = idle.pop() ?? (count < MOST ? new CliHost() : undefined);
  return host?.run(command);
}

class CliHost {
  readonly #child: ChildProcess;
  readonly #finished: Promise<FinishedChild>;

  constructor() {
    count += 1;
    this.#child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#finished = watchChild(this.#child).finished.finally(() => {
      count -= 1;
      const index = idle.indexOf(this);
      if (index !== -1) idle.splice(index, 1);
    });
    this.#finished.catch(() => {});
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** Resolves with how the process ended when the command ended it. */
  async run(command: CommandLine): Promise<FinishedChild> {
    const answered = new Promise<Answer>((resolve) =>
      this.#child.once('message', (answer) => resolve(answer as Answer)),
    );
    this.#child.send(command);
    const answer = await Promise.race([answered, this.#finished]);
    if (!('isUsed' in answer)) return answer;
    const { isUsed, ...run } = answer;
    if (!isUsed) idle.push(this);
    return { ...run, signal: null };
  }
}

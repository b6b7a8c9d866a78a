import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { Session } from '../session.ts';
import { type ChildSetup, runChild, startServer } from './child-command.ts';

export interface DemoStep {
  readonly command: string;
  readonly seconds: number;
}

export interface DemoOptions {
  readonly root: string;
  readonly profile: string;
  readonly keep: boolean;
  readonly signal: AbortSignal;
}

const CLUSTER = 'demo';

/** How commands look, and the pace of the sandbox: of all our variables these alone lead nowhere. */
const INHERITED_VARIABLES = new Set([
  'OCPCTL_COLOR',
  'OCPCTL_PROGRESS',
  'OCPCTL_TIMEOUT',
  'OCPCTL_SANDBOX_SPEED',
  'OCPCTL_SANDBOX_SETTLE_MS',
]);

/**
 * The main job from end to end, in the sandbox and in a private folder that is gone afterwards: every step is a real
 * command in a process of its own, said before it runs.
 * @returns the steps that ran.
 * @throws CliError when one fails, or when the simulated cloud still holds something at the end.
 */
export async function runDemo(session: Session, options: DemoOptions): Promise<DemoStep[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ocpctl-try-'));
  try {
    return await demoIn(folder, session, options);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function demoIn(folder: string, session: Session, options: DemoOptions): Promise<DemoStep[]> {
  const { root, signal } = options;
  const configDirectory = join(folder, 'config');
  const setup: ChildSetup = { root, env: demoEnvironment(session.io.env, configDirectory), signal };
  const steps: DemoStep[] = [];
  const step = async <T>(title: string, argv: readonly string[], work: () => Promise<T>): Promise<T> => {
    const command = `ocpctl ${argv.join(' ')}`;
    session.note(`\n${title}\n$ ${command}`);
    const startMs = performance.now();
    const result = await work();
    steps.push({ command, seconds: Math.round((performance.now() - startMs) / 100) / 10 });
    return result;
  };
  const run = (title: string, ...argv: string[]) =>
    step(title, argv, () => runChild(setup, argv, { capture: false }));

  session.note('This is a sandbox: a simulated cloud in a temporary folder. Nothing here costs money.');
  const serverArgv = ['server', '--sandbox', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'];
  const server = await step('A server of its own:', serverArgv, () =>
    startServer(setup, serverArgv, join(folder, 'server.log')),
  );
  try {
    session.note(`It listens on ${server.url}.`);
    await run(
      'A cluster, followed until it is READY:',
      'create',
      CLUSTER,
      '--profile',
      options.profile,
      '--wait',
    );
    await run('Where it answers:', 'outputs', CLUSTER);
    await run('What there is:', 'list');
    session.note(
      '\nHow many resources the simulated cloud holds for it:\n$ ocpctl sandbox resources -o name | wc -l',
    );
    session.note(String((await resourceIds(setup)).length));
    if (options.keep) await untilInterrupted(session, server.url, configDirectory, signal);
    await run('Its end, followed until it is proven:', 'destroy', CLUSTER, '--yes', '--wait');
    await run('What the simulated cloud still holds:', 'sandbox', 'resources');
    const left = await resourceIds(setup);
    if (left.length > 0) {
      throw new CliError('RESIDUE', `${left.length} resources were left behind: ${left.join(', ')}`, {
        exitCode: EXIT.problemsFound,
      });
    }
    session.note('Nothing: the cluster is gone, proven by asking the cloud.');
    return steps;
  } finally {
    await server.stop();
  }
}

/** Without what would lead the tour's commands to another server, or its server to somebody's database, bucket or keys. */
export function demoEnvironment(env: NodeJS.ProcessEnv, configDirectory: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(env).filter(
    ([name]) => name !== 'DATABASE_URL' && (!name.startsWith('OCPCTL_') || INHERITED_VARIABLES.has(name)),
  );
  return { ...Object.fromEntries(inherited), OCPCTL_CONFIG_DIR: configDirectory };
}

/** @returns the ids of all resources in the simulated cloud. */
async function resourceIds(setup: ChildSetup): Promise<string[]> {
  const names = await runChild(setup, ['sandbox', 'resources', '-o', 'name'], { capture: true });
  return names.split('\n').filter((name) => name !== '');
}

/** Leaves server and cluster to the user; only the signal, with its reason, ends this. */
async function untilInterrupted(
  session: Session,
  url: string,
  directory: string,
  signal: AbortSignal,
): Promise<never> {
  session.note(
    `\nKept: the server goes on at ${url} until Ctrl-C, which removes everything. In another terminal:`,
  );
  session.note(`$ export OCPCTL_CONFIG_DIR=${directory}\n$ ocpctl get ${CLUSTER}`);
  return new Promise((_resolve, reject) => {
    // A promise alone would not keep the process alive.
    const alive = setInterval(() => {}, 60_000);
    const stop = () => {
      clearInterval(alive);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

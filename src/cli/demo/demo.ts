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

/** Variables for the display and the speed of the sandbox; all others could select another server or its data. */
const INHERITED_VARIABLES = new Set([
  'OCPCTL_COLOR',
  'OCPCTL_PROGRESS',
  'OCPCTL_TIMEOUT',
  'OCPCTL_SANDBOX_SPEED',
  'OCPCTL_SANDBOX_SETTLE_MS',
]);

/**
 * Runs the main workflow in a sandbox, in a temporary directory that is removed afterwards. Every step is a real command
 * in its own process, printed before it runs.
 * @returns the steps that ran.
 * @throws CliError if a step fails, or if resources are left in the simulated cloud
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

  session.note('This demo uses a sandbox: a simulated cloud in a temporary directory. Nothing is billed.');
  const serverArgv = ['server', '--sandbox', '--data', join(folder, 'data'), '--listen', '127.0.0.1:0'];
  const server = await step('Start a server:', serverArgv, () =>
    startServer(setup, serverArgv, join(folder, 'server.log')),
  );
  try {
    session.note(`The server listens on ${server.url}.`);
    await run(
      'Create a cluster and wait until it is READY:',
      'create',
      CLUSTER,
      '--profile',
      options.profile,
      '--wait',
    );
    await run('Show its endpoints:', 'outputs', CLUSTER);
    await run('List the clusters:', 'list');
    session.note('\nCount the resources in the simulated cloud:\n$ ocpctl sandbox resources -o name | wc -l');
    session.note(String((await resourceIds(setup)).length));
    if (options.keep) await untilInterrupted(session, server.url, configDirectory, signal);
    await run('Destroy the cluster and wait until it is DESTROYED:', 'destroy', CLUSTER, '--yes', '--wait');
    await run('List the resources in the simulated cloud:', 'sandbox', 'resources');
    const left = await resourceIds(setup);
    if (left.length > 0) {
      throw new CliError('RESIDUE', `${left.length} resources are left: ${left.join(', ')}`, {
        exitCode: EXIT.problemsFound,
      });
    }
    session.note('No resources are left: the cluster was removed completely.');
    return steps;
  } finally {
    await server.stop();
  }
}

/** Drops variables that would point the demo to another server, database, bucket or key. */
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

/** Waits until the signal aborts, while the user tries the server. */
async function untilInterrupted(
  session: Session,
  url: string,
  directory: string,
  signal: AbortSignal,
): Promise<never> {
  session.note(`\nThe server runs at ${url} until Ctrl-C, which removes everything. In another terminal:`);
  session.note(`$ export OCPCTL_CONFIG_DIR=${directory}\n$ ocpctl get ${CLUSTER}`);
  return new Promise((_resolve, reject) => {
    // A pending promise does not keep the process alive.
    const alive = setInterval(() => {}, 60_000);
    const stop = () => {
      clearInterval(alive);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}

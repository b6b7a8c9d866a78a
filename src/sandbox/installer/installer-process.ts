import { INSTALLER_EXIT_CODES } from '../failures/command-exit.ts';
import type { CommandRun } from './command-run.ts';
import { type InstallerCloud, runInstaller } from './run-installer.ts';

/** 128 + SIGPIPE: a Go program dies when it writes to a closed stderr. */
const BROKEN_PIPE_EXIT_CODE = 141;
/** Exit code of a Go program that SIGQUIT ends with a stack dump. */
const QUIT_EXIT_CODE = 2;

/** Runs the command of this process's arguments and exits. `cloud`: see `InstallerHost`. */
export async function runInstallerProcess(
  env: Readonly<Record<string, string | undefined>>,
  cloud?: InstallerCloud,
): Promise<never> {
  const [, argv0 = 'openshift-install', ...argv] = process.argv;
  process.stderr.on('error', () => process.exit(BROKEN_PIPE_EXIT_CODE));
  const exitCode = await runInstaller(argv, {
    env,
    argv0,
    writeStdout: (text) => void process.stdout.write(text),
    stderr: {
      isTTY: process.stderr.isTTY === true,
      write: (text) => void process.stderr.write(text),
    },
    onRun: handleSignals,
    ...(cloud === undefined ? {} : { cloud }),
  });
  process.exit(exitCode);
}

/**
 * The first SIGINT or SIGTERM stops the local control plane and exits with 8; nothing in the cloud is rolled back. The second exits
 * immediately.
 */
function handleSignals(run: CommandRun): void {
  let received = 0;
  async function interrupt(): Promise<void> {
    if (run.effects.ignoreSignals) return;
    received += 1;
    if (received > 1) process.exit(INSTALLER_EXIT_CODES.fatal);
    run.log.warning('Received interrupt signal');
    run.timeScale.stop();
    await run.localControlPlane?.stop();
    if (!run.effects.interruptRace) process.exit(INSTALLER_EXIT_CODES.interrupt);
    run.log.error(
      'failed to fetch Cluster: failed to generate asset "Cluster": failed to create cluster: infrastructure is not ready: connection refused',
    );
    process.exit(INSTALLER_EXIT_CODES.infrastructure);
  }
  process.on('SIGINT', () => void interrupt());
  process.on('SIGTERM', () => void interrupt());
  process.on('SIGQUIT', () => {
    process.stderr.write('SIGQUIT: quit\n\ngoroutine 1 [select]:\n');
    process.exit(QUIT_EXIT_CODE);
  });
}

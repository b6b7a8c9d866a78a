import { INSTALLER_EXIT_CODES } from '../failures/command-exit.ts';
import type { CommandRun } from './command-run.ts';

/** Exit code of a Go program that SIGQUIT ends with a stack dump. */
const QUIT_EXIT_CODE = 2;

/**
 * The first SIGINT or SIGTERM stops the local control plane and exits with 8; nothing in the cloud is rolled back. The second exits
 * immediately.
 */
export function handleSignals(run: CommandRun): void {
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

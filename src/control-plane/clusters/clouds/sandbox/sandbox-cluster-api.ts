import { join } from 'node:path';
import { type CompanionProcess, startCompanion } from '../../../kernel/process/companion-process.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';

export interface SandboxClusterApiOptions {
  readonly packageRoot: string;
  /** Folder of the simulated cloud. */
  readonly dir: string;
  /** Time scale, as of the stand-in installer. */
  readonly speed: string | undefined;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** Serves the Kubernetes API of the sandbox's clusters while this server runs. */
export function serveSandboxClusters({
  packageRoot,
  dir,
  speed,
  log,
}: SandboxClusterApiOptions): CompanionProcess {
  return startCompanion({
    file: process.execPath,
    args: [join(packageRoot, 'dist', 'sandbox', 'cluster-api.js')],
    env: { OCPCTL_SANDBOX_CLOUD: dir, ...(speed === undefined ? {} : { OCPCTL_SANDBOX_SPEED: speed }) },
    onLine: (line) => log.info({ message: line }, 'kubernetes api of the sandbox'),
    onEnded: (how) => log.warn({ how }, 'the kubernetes api of the sandbox ended; it is started again'),
  });
}

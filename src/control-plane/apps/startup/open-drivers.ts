import { join } from 'node:path';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import { systemClock } from '../../kernel/clock.ts';
import { WorkerGuard } from '../../kernel/process/worker-guard.ts';
import { HostBuilder } from '../builder/host/host-builder.ts';
import type { HostDrivers } from '../jobs/app-job-context.ts';
import { openProcessRuntime } from '../runtime/process/process-runtime.ts';
import type { AppConfig } from '../settings/app-settings.ts';
import { setDrivers } from '../store/host.sql.ts';

const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Opens what this host can use, and tells the installation what that is. */
export async function openDrivers(
  config: AppConfig,
  { db, root, log }: Infrastructure,
  { host, installationId }: { readonly host: string; readonly installationId: string },
): Promise<HostDrivers> {
  const directory = appDirectory(config, installationId);
  const runtime = openProcessRuntime({
    directory: join(directory, 'runtime'),
    installationId,
    runnerPath: join(root, 'dist', 'instance-runner.js'),
    path: SEARCH_PATH,
    clock: systemClock,
    log,
  });
  const builder = new HostBuilder({
    directory: join(directory, 'builds'),
    guard: new WorkerGuard({ guardPath: join(root, 'dist', 'guard.js'), leaseMs: config.leaseMs }),
    path: SEARCH_PATH,
    variables: config.buildVariables,
    memoryMb: config.buildMemoryMb,
    staticServerFile: join(root, 'dist', 'static-server.mjs'),
  });
  const [ofRuntime, ofBuilder] = await Promise.all([runtime.probe(), builder.probe()]);
  const drivers = [
    { kind: 'runtime', name: runtime.name, selected: true, status: ofRuntime },
    { kind: 'builder', name: builder.name, selected: true, status: ofBuilder },
  ].map(({ status, ...driver }) => ({
    ...driver,
    usable: status.isUsable,
    facts: status.facts,
    remedy: status.remedy ?? null,
  }));
  await db.query(setDrivers, { host, drivers });
  return { runtime, builder };
}

/** As root, instances and builds run as users of their own: they cannot enter the home of root. */
export function appDirectory({ appDir, dataDir }: AppConfig, installationId: string): string {
  if (appDir !== undefined) return appDir;
  return isRoot() ? join('/var/lib/ocpctl/apps', installationId) : join(dataDir, 'apps');
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

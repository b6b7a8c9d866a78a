import type { AppJobContext } from '../../../../src/control-plane/apps/jobs/app-job-context.ts';
import type { ClusterServices } from '../../../../src/control-plane/clusters/service/cluster-services.ts';
import type { ArtifactStore } from '../../../../src/control-plane/kernel/artifacts/artifact-store.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { NO_DISPATCHER } from './server.ts';

/** What the operations of applications need; no job runs, so there is no host. */
export function appContextOf(
  { db, queue, secrets }: ClusterServices,
  { artifacts, followPollMs = 20 }: { readonly artifacts?: object; readonly followPollMs?: number },
): AppJobContext {
  const context: Omit<AppJobContext, 'host' | 'redactor' | 'releaseSecrets' | 'workDir'> = {
    ...{ db, queue, secrets, newId, followPollMs, clock: systemClock, dispatcher: NO_DISPATCHER },
    runtime: 'process',
    artifacts: (artifacts ?? { list: async () => [], put: async () => {} }) as unknown as ArtifactStore,
    limits: { servicesPerTeam: 20, instancesPerTeam: 40, memoryMbPerTeam: 16_384, volumeGibPerTeam: 100 },
    defaults: { memoryMb: 512, cpus: 1 },
    domain: 'localhost',
    buildTimeoutMs: 60_000,
    pollMs: 10,
  };
  return context as AppJobContext;
}

import * as z from 'zod';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { JobFailure } from '../../kernel/jobs/job.ts';
import { listens, type ReleaseSettings, releaseSettings } from '../policy/service-settings.ts';
import type { InstanceArtifact } from '../runtime/runtime.ts';
import { insertInstance, setStarted } from '../store/instances.sql.ts';
import { getRelease, type ReleaseRow } from '../store/releases.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import type { AttachedVolume } from './attached-volume.ts';
import type { HostDrivers } from './host-drivers.ts';

const outputSchema = z.object({ port: z.int().optional() });
/** Threads and processes of one instance. */
const MAX_PIDS = 512;

/** A release with everything that an instance of it needs. */
export interface RunnableRelease {
  readonly row: ReleaseRow;
  readonly settings: ReleaseSettings;
  readonly artifact: InstanceArtifact;
  readonly variables: Readonly<Record<string, string>>;
  readonly port: number | undefined;
}

/**
 * Opens a release; from now on its values are replaced in logs and errors.
 * @throws JobFailure RELEASE_UNUSABLE when a part of it is gone (A3)
 */
export async function openRelease(
  { releaseSecrets }: Pick<AppJobContext, 'releaseSecrets'>,
  { builder }: Pick<HostDrivers, 'builder'>,
  attempt: JobContext,
  releaseId: string,
): Promise<RunnableRelease> {
  const [row] = await attempt.db.query(getRelease, { id: releaseId });
  if (!row) throw unusable(`release ${releaseId} does not exist`);
  const build = row.digest === null ? undefined : await builder.find(row.digest);
  if (build === undefined) throw unusable(`the build of release ${row.number} was removed`);
  const variables = await releaseSecrets.open(attempt.db, releaseId);
  if (variables === undefined) throw unusable(`the variables of release ${row.number} are gone`);
  const { port } = outputSchema.parse(row.output ?? {});
  return { row, settings: releaseSettings.parse(row.settings), artifact: build.artifact, variables, port };
}

/** Starts a replica of the rollout, or finds the one that an earlier attempt started. @returns the id of the instance */
export async function startReplica(
  context: Pick<AppJobContext, 'newId' | 'host'>,
  { runtime }: Pick<HostDrivers, 'runtime'>,
  attempt: JobContext,
  {
    service,
    release,
    rolloutId,
    replica,
    volume,
    runId,
  }: {
    readonly service: ServiceRow;
    readonly release: RunnableRelease;
    readonly rolloutId: string;
    readonly replica: number;
    readonly volume: AttachedVolume | undefined;
    /** Of a cron service. */
    readonly runId?: string;
  },
): Promise<string> {
  const { memoryMb, cpus, kind, command } = release.settings;
  const [row] = await attempt.commit((tx) =>
    tx.query(insertInstance, {
      ...{ id: context.newId('ins'), environmentId: service.environmentId, serviceId: service.id },
      ...{ releaseId: release.row.id, rolloutId, replica, host: context.host.name, runtime: runtime.name },
      ...{ memoryMb, cpus, volumeId: volume?.id ?? null, runId: runId ?? null },
    }),
  );
  if (!row) throw new TypeError('an insert that finds a row returns it');
  const observed = await runtime.ensure({
    id: row.id,
    environmentId: service.environmentId,
    ownerId: service.id,
    release: release.row.number,
    replica,
    artifact: release.artifact,
    command,
    variables: release.variables,
    listens: listens(kind),
    ...(release.port === undefined ? {} : { containerPort: release.port }),
    limits: { memoryMb, cpus, pids: MAX_PIDS },
    mounts: volume === undefined ? [] : [volume.mount],
    aliases: [service.name],
  });
  await attempt.commit((tx) =>
    tx.query(setStarted, {
      id: row.id,
      startedAt: observed.startedAt,
      addressHost: observed.address?.host ?? null,
      addressPort: observed.address?.port ?? null,
    }),
  );
  return row.id;
}

function unusable(message: string): JobFailure {
  return new JobFailure('RELEASE_UNUSABLE', message, { retryable: false });
}

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { BUILD_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import type { BuildOutput, BuildPlan } from '../builder/builder.ts';
import { BUILD_JOB, DEPLOY_JOB } from '../job-types.ts';
import {
  type ServiceKind,
  type ServiceSettings,
  serviceSettings,
  settingsOfRelease,
} from '../policy/service-settings.ts';
import { publishServiceEvent } from '../service/notifications.ts';
import { createRelease } from '../service/releases.ts';
import { beginBuild, endBuild, failBuild } from '../store/builds.sql.ts';
import {
  type DeploymentRow,
  findDeploymentOfJob,
  getDeployment,
  lockDeployment,
  moveDeployment,
  setDeploymentBuild,
  setDeploymentRelease,
} from '../store/deployments.sql.ts';
import { lockService, setServiceJob } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { hashOfBuildInput } from './build-input.ts';
import { recordFailure, setFailureOnce } from './deployment-failure.ts';
import { asJobFailures } from './driver-failures.ts';
import { planUploaded, unpackUploaded } from './uploaded-source.ts';

const payloadSchema = z.object({ deploymentId: z.string() });
const WAITING = ['QUEUED', 'BUILDING'];
/** Beside the build itself. */
const OVERHEAD_MS = 5 * 60_000;
const FAILURE_LOG_LINES = 50;

/** Turns a source into a release and hands it to the deploy. One build at a time on a host: builds must not starve what runs there. */
export class BuildHandler extends AppJobHandler {
  readonly maxRunning = 1;

  constructor(context: AppJobContext) {
    super(context, { type: BUILD_JOB, timeoutMs: context.buildTimeoutMs + OVERHEAD_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { deploymentId } = payloadSchema.parse(attempt.job.payload);
    const [deployment] = await attempt.db.query(getDeployment, { id: deploymentId, teams: null });
    if (!deployment || !WAITING.includes(deployment.state) || deployment.sourceSha256 === null) return {};
    const moved = await attempt.commit((tx) =>
      tx.query(moveDeployment, { id: deploymentId, from: WAITING, to: 'BUILDING' }),
    );
    if (moved.length === 0) return {};
    const directory = join(this.context.workDir, attempt.job.id);
    const lastLines: string[] = [];
    try {
      await rm(directory, { recursive: true, force: true });
      await mkdir(this.context.workDir, { recursive: true });
      return await this.#build(attempt, deployment, directory, lastLines);
    } catch (error) {
      if (error instanceof JobFailure) await recordFailure(attempt, deploymentId, error, lastLines);
      throw error;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  async #build(
    attempt: JobContext,
    deployment: DeploymentRow,
    directory: string,
    lastLines: string[],
  ): Promise<JobResult> {
    const { builder } = await this.context.host.drivers();
    const settings = serviceSettings.parse(deployment.settings);
    const { team, serviceId } = deployment;
    const sha256 = deployment.sourceSha256 ?? '';
    const step = runPhases(attempt, BUILD_PHASES);
    const files = await step('source', 'Unpacking the source', () =>
      unpackUploaded(this.context, attempt.db, { team, sha256 }, directory),
    );
    const { plan, kind } = await step('plan', 'Finding out how to build it', async () =>
      planUploaded(files, settings, builder.name),
    );
    for (const { what, why } of plan.facts)
      attempt.event({ kind: 'log', level: 'info', message: `${what} (${why})` });
    const inputHash = hashOfBuildInput(
      files.contentSha256,
      plan,
      `${builder.name} ${await builder.version(plan)}`,
    );
    const [build] = await attempt.commit((tx) =>
      tx.query(beginBuild, {
        ...{ id: this.context.newId('bld'), serviceId, team, inputHash },
        ...{ sourceSha256: sha256, builder: builder.name },
      }),
    );
    if (!build) throw new TypeError('an insert that finds a row returns it');
    await attempt.commit((tx) =>
      tx.query(setDeploymentBuild, { id: deployment.id, buildId: build.id, plan }),
    );
    const output = await step('build', 'Building', () =>
      this.#buildOnce(
        attempt,
        { inputHash, plan, directory, digest: build.digest, team, serviceId },
        lastLines,
      ),
    ).catch(async (error: unknown) => {
      await attempt.commit((tx) => tx.query(failBuild, { id: build.id }));
      throw error;
    });
    return {
      write: (tx) =>
        this.#handOver(tx, attempt.job, { deployment, build: build.id, output, plan, kind, settings }),
    };
  }

  async #buildOnce(
    attempt: JobContext,
    {
      inputHash,
      plan,
      directory,
      digest,
      team,
      serviceId,
    }: {
      inputHash: string;
      plan: BuildPlan;
      directory: string;
      digest: string | null;
      team: string;
      serviceId: string;
    },
    lastLines: string[],
  ): Promise<BuildOutput> {
    const { builder } = await this.context.host.drivers();
    const found = digest === null ? undefined : await builder.find(digest);
    if (found !== undefined) {
      attempt.event({
        kind: 'log',
        level: 'info',
        message: 'the same input was built before: nothing to do',
      });
      return found;
    }
    return asJobFailures(() =>
      builder.build({
        ...{ inputHash, serviceId, team, directory, plan, variables: {} },
        timeoutMs: this.context.buildTimeoutMs,
        signal: attempt.signal,
        onLine: (line) => {
          lastLines.push(line);
          if (lastLines.length > FAILURE_LOG_LINES) lastLines.shift();
          attempt.event({ kind: 'log', level: 'info', message: line });
        },
      }),
    );
  }

  /** The release and the job that takes it live are committed with the end of the build. */
  async #handOver(
    tx: Tx,
    job: ClaimedJob,
    {
      deployment,
      build,
      output,
      plan,
      kind,
      settings,
    }: {
      deployment: DeploymentRow;
      build: string;
      output: BuildOutput;
      plan: BuildPlan;
      kind: ServiceKind;
      settings: ServiceSettings;
    },
  ): Promise<void> {
    const { digest, sizeBytes } = output;
    await tx.query(endBuild, {
      id: build,
      digest,
      output: plan.port === undefined ? {} : { port: plan.port },
      sizeBytes,
    });
    const [row] = await tx.query(lockDeployment, { id: deployment.id });
    if (row?.state !== 'BUILDING') return;
    const [service] = await tx.query(lockService, { id: deployment.serviceId, teams: null });
    if (service?.status !== 'ACTIVE') return;
    const found = { kind, command: plan.start };
    const releaseId = await createRelease(this.context, tx, service, {
      buildId: build,
      settings: settingsOfRelease(settings, found, this.context.defaults),
      createdBy: deployment.requestedBy,
    }).catch((error: unknown) => {
      throw error instanceof AppError ? unresolved(error) : error;
    });
    const jobId = await this.context.queue.enqueue(tx, {
      resourceId: service.id,
      resourceName: service.name,
      team: service.team,
      type: DEPLOY_JOB,
      payload: { deploymentId: deployment.id },
      requestedBy: job.requestedBy,
      traceparent: job.traceparent,
    });
    await tx.query(setDeploymentRelease, { id: deployment.id, releaseId, jobId });
    await tx.query(setServiceJob, { id: service.id, jobId });
  }

  override async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    const { deploymentId } = payloadSchema.parse(job.payload);
    const [row] = await tx.query(lockDeployment, { id: deploymentId });
    if (!row || !WAITING.includes(row.state)) return;
    await setFailureOnce(tx, row, failure);
    await tx.query(moveDeployment, { id: deploymentId, from: WAITING, to: 'FAILED' });
    await publishServiceEvent(tx, row.serviceId, 'service.deploy_failed', failure.message);
  }

  override async onCancelled(tx: Tx, job: JobIdentity): Promise<void> {
    const [row] = await tx.query(findDeploymentOfJob, { jobId: job.id });
    if (row) await tx.query(moveDeployment, { id: row.id, from: WAITING, to: 'CANCELLED' });
  }
}

function unresolved(error: AppError): JobFailure {
  const message = error.errors[0]?.message ?? error.message;
  return new JobFailure('VARIABLES_UNRESOLVED', message, { retryable: false, cause: error });
}

import { ArtifactError } from '../../kernel/artifacts/artifact-error.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { type HostProblem, JobFailure } from '../../kernel/jobs/job.ts';
import { GuardLostError, WorkerSilentError } from '../../kernel/process/guarded-program.ts';
import { type Cloud, CloudError, type InstallerPurpose } from '../clouds/cloud.ts';
import type { Clouds } from '../clouds/clouds.ts';
import { CredentialChecks } from '../clouds/credential-checks.ts';
import type { CredentialToolName } from '../installer/credential-tools.ts';
import { assertFreeDisk } from '../installer/install-dir.ts';
import { InstallerError } from '../installer/installer-error.ts';
import { INSTALLER_FAILURES } from '../installer/installer-failures.ts';
import type { Installers } from '../installer/installers.ts';
import {
  assertWorkFolder,
  asWorkFolderError,
  isDiskFailure,
  type WriteProbe,
} from '../installer/work-folder.ts';

export interface WorkerHostOptions {
  readonly workDir: string;
  readonly minFreeDiskMb: number;
  readonly clouds: Pick<Clouds, 'connected'>;
  readonly installers: Pick<Installers, 'assertAvailable'>;
  readonly credentialTool: (name: CredentialToolName) => Promise<unknown>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Writes a file into the work folder (default: a block of 4 KiB, removed at once). */
  readonly writeProbe?: WriteProbe;
}

/** Codes with which a cloud, the installer or ccoctl reports rejected credentials. */
const CREDENTIAL_CODES = new Set([
  'CREDENTIALS_EXPIRED',
  'CREDENTIALS_INVALID',
  'CREDENTIALS_MISSING',
  'IBM_API_KEY_INVALID',
  'WORKER_CLOCK_WRONG',
]);

/** The worker's session ends before the work, and nothing renews it. */
const SESSION_TOO_SHORT = 'SESSION_TOO_SHORT';

/** What this worker's host needs for cluster jobs: disk, programs and credentials. */
export class WorkerHost {
  readonly #o: WorkerHostOptions;
  readonly #credentials: CredentialChecks;
  #probe: Promise<void> | undefined;

  constructor(options: WorkerHostOptions) {
    this.#o = options;
    this.#credentials = new CredentialChecks(options.clock);
  }

  /** What keeps the worker from creating clusters in each of its clouds. */
  async createProblem(): Promise<HostProblem | undefined> {
    return (
      (await this.#diskProblem()) ??
      (await problemIn(() => this.#o.installers.assertAvailable())) ??
      this.#inAllClouds(
        async (cloud) =>
          (await this.#credentials.problemOf(cloud)) ??
          (await sessionProblem(cloud, 'create')) ??
          this.#toolProblem(cloud),
      )
    );
  }

  /** What keeps the worker from destroying clusters in each of its clouds. */
  async destroyProblem(): Promise<HostProblem | undefined> {
    return (
      (await problemIn(() => this.#assertWorkFolder())) ??
      this.#inAllClouds(
        async (cloud) =>
          (await this.#credentials.problemOf(cloud)) ?? (await sessionProblem(cloud, 'destroy')),
      )
    );
  }

  /**
   * @returns the error as a failure that spends no attempt, if the host is its cause: the disk, missing tools, a killed guard, a worker
   * that stood still, or credentials that the cloud does not accept now either. Undefined for any other error, and for the database's, which has a failure of its own.
   */
  async failureOf(error: unknown, cloudKind: string): Promise<JobFailure | undefined> {
    if (error instanceof JobFailure && !error.spendsAttempt) return error;
    if (error instanceof GuardLostError || error instanceof WorkerSilentError)
      return hostFailure('INTERRUPTED', error.message, error);
    const cause = asWorkFolderError(error, this.#o.workDir) ?? error;
    if (cause instanceof InstallerError && INSTALLER_FAILURES[cause.code].isCounted === false)
      return hostFailure(cause.code, withHint(cause), error);
    // A store in the data directory is on the disk of the worker; one in S3 fails without a system call.
    if (cause instanceof ArtifactError && isDiskFailure(cause))
      return hostFailure(cause.code, cause.message, error);
    if (isVague(cause)) {
      // A full disk shows itself as a truncated file, or as an installer that ends without a word.
      const problem = await problemIn(() => this.#assertWorkFolder());
      return problem && hostFailure(problem.code, problem.message, error);
    }
    if (!(cause instanceof JobFailure || cause instanceof CloudError)) return undefined;
    const confirmed = await this.#isConfirmed(cause.code, cloudKind);
    return confirmed ? hostFailure(cause.code, withHint(cause), error) : undefined;
  }

  /** The log of an installer can say the same of another machine or account: the host is checked as well. */
  async #isConfirmed(code: string, cloudKind: string): Promise<boolean> {
    // Only the host says so.
    if (code === SESSION_TOO_SHORT) return true;
    if (code === 'WORKER_DISK_FULL' || code === 'WORKER_DISK_READ_ONLY')
      return (await this.#diskProblem()) !== undefined;
    const cloud = this.#o.clouds.connected.find(({ kind }) => kind === cloudKind);
    if (!CREDENTIAL_CODES.has(code) || cloud === undefined) return false;
    const problem = await this.#credentials.check(cloud);
    return problem !== undefined && !problem.isPermanent;
  }

  #diskProblem(): Promise<HostProblem | undefined> {
    const { workDir, minFreeDiskMb } = this.#o;
    return problemIn(async () => {
      await this.#assertWorkFolder();
      await assertFreeDisk(workDir, minFreeDiskMb);
    });
  }

  /** Checks that run at the same time share one write. */
  #assertWorkFolder(): Promise<void> {
    this.#probe ??= assertWorkFolder(this.#o.workDir, this.#o.writeProbe).finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  /** With one usable cloud the worker claims: jobs in the others are rescheduled. */
  async #inAllClouds(
    problemWith: (cloud: Cloud) => Promise<HostProblem | undefined>,
  ): Promise<HostProblem | undefined> {
    const problems: HostProblem[] = [];
    for (const cloud of this.#o.clouds.connected) {
      const problem = await problemWith(cloud);
      if (problem === undefined) return undefined;
      problems.push(problem);
    }
    return problems.find(({ isPermanent }) => !isPermanent) ?? problems[0];
  }

  async #toolProblem({ credentialsMode }: Cloud): Promise<HostProblem | undefined> {
    if (credentialsMode !== 'Manual') return undefined;
    return problemIn(async () => {
      for (const tool of ['oc', 'ccoctl'] as const) await this.#o.credentialTool(tool);
    });
  }
}

/** Errors whose cause is not known, and those of files that the installer did not write as it should have. */
function isVague(error: unknown): boolean {
  if (error instanceof JobFailure) return error.code === 'UNKNOWN';
  return !(error instanceof CloudError || error instanceof ArtifactError || error instanceof AppError);
}

/** Whether a rejected or missing session is a problem, the check of the credentials says. */
async function sessionProblem(
  cloud: Cloud,
  command: InstallerPurpose['command'],
): Promise<HostProblem | undefined> {
  try {
    await cloud.assertCredentialsLast?.(command);
    return undefined;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const { code } = error;
    return code === SESSION_TOO_SHORT ? { code, message: withHint(error), isPermanent: false } : undefined;
  }
}

async function problemIn(check: () => Promise<void>): Promise<HostProblem | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (error instanceof InstallerError) return { code: error.code, message: withHint(error) };
    throw error;
  }
}

/** The message of a JobFailure has its hint already. */
function withHint(error: InstallerError | CloudError | JobFailure): string {
  const hint = error instanceof JobFailure ? undefined : error.hint;
  return hint === undefined ? error.message : `${error.message} (${hint})`;
}

function hostFailure(code: string, message: string, cause: unknown): JobFailure {
  return new JobFailure(code, message, { retryable: true, spendsAttempt: false, cause });
}

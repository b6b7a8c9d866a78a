import type { Tx } from '../../kernel/db/db.ts';
import type {
  ClaimedJob,
  HostProblem,
  JobContext,
  JobFailure,
  JobHandler,
  JobIdentity,
  JobResult,
} from '../../kernel/jobs/job.ts';
import type { AppJobContext } from './app-job-context.ts';
import { asJobFailures } from './driver-failures.ts';

/** What the handlers of applications share: they run on one host, and errors of its drivers are failures of the job. */
export abstract class AppJobHandler implements JobHandler {
  readonly type: string;
  readonly timeoutMs: number;
  protected readonly context: AppJobContext;

  constructor(context: AppJobContext, { type, timeoutMs }: Pick<JobHandler, 'type' | 'timeoutMs'>) {
    this.context = context;
    this.type = type;
    this.timeoutMs = timeoutMs;
  }

  hostProblem(): Promise<HostProblem | undefined> {
    return this.context.host.problem();
  }

  run(attempt: JobContext): Promise<JobResult> {
    return asJobFailures(() => this.work(attempt));
  }

  protected abstract work(attempt: JobContext): Promise<JobResult>;
  abstract onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void>;
  abstract onCancelled(tx: Tx, job: JobIdentity): Promise<void>;
}

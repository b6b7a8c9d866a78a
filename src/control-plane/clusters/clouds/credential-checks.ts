import type { Clock } from '../../kernel/clock.ts';
import type { HostProblem } from '../../kernel/jobs/job.ts';
import { type Cloud, CloudError } from './cloud.ts';

interface CheckedCredentials {
  readonly problem: HostProblem | undefined;
  readonly atMs: number;
}

/** What jobs wait for: each is a matter of the worker or its account, not of the job. */
const PROBLEM_CODES = new Set([
  'CREDENTIALS_INVALID',
  'CREDENTIALS_MISSING',
  'REGION_NOT_ENABLED',
  'WORKER_CLOCK_WRONG',
]);
/** How long accepted credentials count as accepted: each check is a call to the cloud. */
const ACCEPTED_MS = 60_000;
/** How long rejected ones count as rejected: jobs wait for them to be replaced. */
const REJECTED_MS = 10_000;

/** Whether the clouds accept this worker's credentials. A cloud that does not answer says nothing about them. */
export class CredentialChecks {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #checked = new Map<Cloud, CheckedCredentials>();
  readonly #pending = new Map<Cloud, Promise<HostProblem | undefined>>();
  readonly #accepted = new Set<Cloud>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** The result of the last check. Only the first one is waited for; later ones run in the background. */
  async problemOf(cloud: Cloud): Promise<HostProblem | undefined> {
    const last = this.#checked.get(cloud);
    if (last === undefined) return this.check(cloud);
    const usableMs = last.problem === undefined ? ACCEPTED_MS : REJECTED_MS;
    if (this.#clock.monotonicMs() - last.atMs >= usableMs) void this.check(cloud);
    return last.problem;
  }

  /** Asks the cloud now. */
  check(cloud: Cloud): Promise<HostProblem | undefined> {
    const running = this.#pending.get(cloud);
    if (running) return running;
    const check = this.#ask(cloud).finally(() => this.#pending.delete(cloud));
    this.#pending.set(cloud, check);
    return check;
  }

  async #ask(cloud: Cloud): Promise<HostProblem | undefined> {
    let problem: HostProblem | undefined;
    try {
      await cloud.account();
      this.#accepted.add(cloud);
    } catch (error) {
      problem = this.#problemIn(error, cloud);
    }
    this.#checked.set(cloud, { problem, atMs: this.#clock.monotonicMs() });
    return problem;
  }

  /** Missing credentials are a mistake of the set-up, which waiting does not change, unless the worker has had some. */
  #problemIn(error: unknown, cloud: Cloud): HostProblem | undefined {
    if (!(error instanceof CloudError)) return undefined;
    const { code, message, hint } = error;
    if (!PROBLEM_CODES.has(code)) return undefined;
    const isPermanent = code === 'CREDENTIALS_MISSING' && !this.#accepted.has(cloud);
    return { code, message: `${message} (${hint})`, isPermanent };
  }
}

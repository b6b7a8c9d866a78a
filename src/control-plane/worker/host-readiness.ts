import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { HostProblem, JobHandler } from '../kernel/jobs/job.ts';
import type { WorkerProblem } from './lease.ts';

export interface HostReadinessOptions {
  readonly handlers: readonly JobHandler[];
  readonly clock: Clock;
  /** How long the result of a check is used. */
  readonly intervalMs: number;
  /** Of these types, those that another live worker can run. */
  readonly typesOfOthers: (types: readonly string[]) => Promise<readonly string[]>;
  /** Called when the problems are others than before. */
  readonly onChanged: () => void;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** Which types of jobs this worker can run now, as the handlers' checks of the host say. */
export class HostReadiness {
  readonly #o: HostReadinessOptions;
  #checkedAtMs = Number.NEGATIVE_INFINITY;
  #problems: readonly WorkerProblem[] = [];
  #ofOtherHosts: Set<string> = new Set();
  #checkError: string | undefined;

  constructor(options: HostReadinessOptions) {
    this.#o = options;
  }

  /** As the last check found them. */
  get problems(): readonly WorkerProblem[] {
    return this.#problems;
  }

  /** The next claim checks again: an attempt failed because of the host. */
  expire(): void {
    this.#checkedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** @returns the types that may be claimed: those without a problem, and those with a permanent one that no other worker can run */
  async claimableTypes(): Promise<string[]> {
    const { clock, intervalMs, handlers } = this.#o;
    if (clock.monotonicMs() - this.#checkedAtMs >= intervalMs) await this.#check();
    const blocked = new Set(this.#problems.flatMap(({ types }) => types));
    const hopeless = this.#problems.filter(({ isPermanent }) => isPermanent).flatMap(({ types }) => types);
    if (hopeless.length > 0) {
      const ofOthers = await this.#o.typesOfOthers(hopeless);
      for (const type of hopeless) if (!ofOthers.includes(type)) blocked.delete(type);
    }
    return handlers
      .map(({ type }) => type)
      .filter((type) => !blocked.has(type) && !this.#ofOtherHosts.has(type));
  }

  async #check(): Promise<void> {
    const { handlers, clock, log, onChanged } = this.#o;
    const found = new Map<string, WorkerProblem>();
    // Together, so that handlers of one module can share a check.
    const results = await Promise.all(
      handlers.map(async (handler) => ({ type: handler.type, problem: await this.#problemOf(handler) })),
    );
    this.#ofOtherHosts = new Set();
    for (const { type, problem } of results) {
      if (problem?.isOfOtherHost === true) this.#ofOtherHosts.add(type);
      if (problem === undefined || problem.isOfOtherHost === true) continue;
      const key = `${problem.code} ${problem.message}`;
      found.set(key, { ...problem, types: [...(found.get(key)?.types ?? []), type] });
    }
    this.#checkedAtMs = clock.monotonicMs();
    const before = signatureOf(this.#problems);
    this.#problems = [...found.values()];
    if (signatureOf(this.#problems) === before) return;
    for (const { types, code, message } of this.#problems)
      log.warn({ types, code, reason: message }, 'worker not ready; it claims no such jobs');
    if (this.#problems.length === 0) log.info({}, 'worker ready again');
    onChanged();
  }

  /** A check that itself fails blocks nothing: the job then says what is wrong. */
  async #problemOf(handler: JobHandler): Promise<HostProblem | undefined> {
    try {
      return await handler.hostProblem?.();
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#checkError)
        this.#o.log.warn({ type: handler.type, error: message }, 'cannot check the host');
      this.#checkError = message;
      return undefined;
    }
  }
}

/** Without the messages: they have figures that change all the time. */
function signatureOf(problems: readonly WorkerProblem[]): string {
  return JSON.stringify(problems.map(({ code, types }) => [code, types]));
}

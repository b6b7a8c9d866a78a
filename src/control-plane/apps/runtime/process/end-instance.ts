import type { Clock } from '../../../kernel/clock.ts';
import type { Cgroup } from '../../../kernel/process/instance/cgroup.ts';
import { isSameProcess } from '../../../kernel/process/instance/host-process.ts';
import { writeExitRecord } from '../../../kernel/process/instance/instance-claim.ts';
import { instanceTree } from '../../../kernel/process/instance/instance-tree.ts';
import { sendSignal, terminateTree } from '../../../kernel/process/terminate-tree.ts';
import { RuntimeError } from '../runtime-error.ts';
import { type InstanceRecords, readRecordsAgain } from './instance-records.ts';

const POLL_MS = 20;
/** A runner that starts its program, or records the exit of one that has ended, needs 0.1 s. */
const RUNNER_LIMIT_MS = 15_000;

/** After its last record it has nothing to do. */
const RUNNER_END_MS = 2_000;

export interface EndInstanceOptions {
  readonly clock: Clock;
  readonly mark: (id: string) => string;
  readonly cgroup: (id: string) => Cgroup | undefined;
}

/** Ends instances, with or without their runner. */
export class EndInstance {
  readonly #o: EndInstanceOptions;

  constructor(options: EndInstanceOptions) {
    this.#o = options;
  }

  /** SIGTERM to all processes, SIGKILL to those that are left after the grace period; resolves when the exit is recorded. */
  async end(records: InstanceRecords, graceMs: number): Promise<void> {
    const { clock } = this.#o;
    // A runner that is about to start the program would start it after the end.
    const { program } = await this.#until(records, (now) => now.program !== undefined);
    const { id } = records.runner.labels;
    const isAlive = program !== undefined && isSameProcess(program.program);
    const tree = instanceTree({
      mark: this.#o.mark(id),
      rootPid: isAlive ? program.program.pid : undefined,
      cgroup: this.#o.cgroup(id),
    });
    await terminateTree(tree, { killAtMs: clock.monotonicMs() + graceMs }, clock);
    const last = await this.#until(records, () => false);
    if (last.exit === undefined) {
      // Without its runner no one has seen how it ended.
      const at = clock.now().toISOString();
      writeExitRecord(records.directory, { code: null, signal: null, isOutOfMemory: false, at });
    }
  }

  /** Ends it with its runner, so that nothing of it runs any more. */
  async endWithRunner(records: InstanceRecords): Promise<void> {
    const { clock } = this.#o;
    await this.end(records, 0);
    const { runner } = records.runner;
    for (const endMs = clock.monotonicMs() + RUNNER_END_MS; isSameProcess(runner); ) {
      if (clock.monotonicMs() > endMs) sendSignal(runner.pid, 'SIGKILL');
      await clock.sleep(POLL_MS);
    }
  }

  /** @returns the records when they fulfil the condition, or when no runner will change them any more */
  async #until(
    records: InstanceRecords,
    isEnough: (records: InstanceRecords) => boolean,
  ): Promise<InstanceRecords> {
    const { clock } = this.#o;
    for (const endMs = clock.monotonicMs() + RUNNER_LIMIT_MS; clock.monotonicMs() < endMs; ) {
      // Before the files are read: what a runner writes last is seen.
      const isRunnerAlive = isSameProcess(records.runner.runner);
      const now = readRecordsAgain(records);
      if (now.exit !== undefined || isEnough(now) || !isRunnerAlive) return now;
      await clock.sleep(POLL_MS);
    }
    throw new RuntimeError('infrastructure', 'the runner of the instance does not answer');
  }
}

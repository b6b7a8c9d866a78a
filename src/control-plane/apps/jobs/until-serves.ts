import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { listens } from '../policy/service-settings.ts';
import type { InstanceExit } from '../runtime/runtime.ts';
import { setExited } from '../store/instances.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { checkInstance } from './check-instance.ts';
import { collectLogOf, logTail } from './collect-logs.ts';
import type { HostDrivers } from './host-drivers.ts';
import type { RunnableRelease } from './instance-starter.ts';

/** P11: from a wrong answer to the next check. Where nothing listens yet, a program is starting: that is looked at more often. */
const CHECK_INTERVAL_MS = 1_000;
const REFUSED_INTERVAL_MS = 100;
/** A worker that listens on nothing is checked by this: it still runs. */
const WORKER_MIN_MS = 2_000;
/** Programs need a moment to start; only then is it said what the check finds. */
const QUIET_MS = 5_000;
const FAILURE_LOG_LINES = 50;

/** Why requests are not sent to the new instances. The old ones serve on (A2). */
export class RolloutFailure extends JobFailure {
  readonly log: readonly string[];
  constructor(code: string, message: string, log: readonly string[]) {
    super(code, message, { retryable: false });
    this.name = 'RolloutFailure';
    this.log = log;
  }
}

interface Candidate {
  readonly id: string;
  readonly service: ServiceRow;
  readonly release: RunnableRelease;
}

/** Waits until the instance passes its check. @throws RolloutFailure with the last lines of its log */
export async function untilServes(
  context: AppJobContext,
  { runtime }: Pick<HostDrivers, 'runtime'>,
  attempt: JobContext,
  { id, service, release }: Candidate,
): Promise<void> {
  const { clock, domain } = context;
  const { kind, healthPath, startSeconds } = release.settings;
  const startedMs = clock.monotonicMs();
  const check = { path: healthPath, hostName: `${service.hostLabel}.${domain}` };
  const fail = async (
    code: string,
    message: string,
    exit: Partial<InstanceExit> = { signal: 'not ready' },
  ) => {
    await collectLogOf(context, attempt.db, runtime, id);
    const log = await logTail(attempt.db, id, FAILURE_LOG_LINES);
    // A release that is live already has crashed when this happens often (P24).
    const { code: exitCode = null, signal = null, isOutOfMemory: outOfMemory = false } = exit;
    await attempt.commit((tx) => tx.query(setExited, { id, code: exitCode, signal, outOfMemory }));
    return new RolloutFailure(code, message, log);
  };
  const sayNotReady = reasonTeller(attempt);
  for (let reason = 'it was not asked yet'; ; ) {
    const elapsedMs = clock.monotonicMs() - startedMs;
    const observed = (await runtime.observe()).find((instance) => instance.id === id);
    if (observed === undefined || observed.exit !== undefined)
      throw await fail(
        'INSTANCE_EXITED',
        `the new instance ended: ${exitText(observed?.exit)}`,
        observed?.exit ?? { signal: 'gone' },
      );
    let waitMs = CHECK_INTERVAL_MS;
    if (!listens(kind)) {
      if (elapsedMs >= WORKER_MIN_MS) return;
      waitMs = REFUSED_INTERVAL_MS;
    } else if (observed.address !== undefined) {
      const result = await checkInstance(observed.address, check);
      if (result.isOk) return;
      reason = result.reason;
      if (elapsedMs >= QUIET_MS) sayNotReady(reason);
      if (result.isRefused) waitMs = REFUSED_INTERVAL_MS;
    }
    if (elapsedMs >= startSeconds * 1_000)
      throw await fail('CHECK_FAILED', `the new instance was not ready within ${startSeconds} s: ${reason}`);
    await clock.sleep(waitMs, attempt.signal);
  }
}

/** Says why an instance is not ready, once for each reason: a check may take minutes, and the reason is what to fix. */
function reasonTeller(attempt: JobContext): (reason: string) => void {
  const said = new Set<string>();
  return (reason) => {
    if (said.has(reason)) return;
    said.add(reason);
    attempt.event({ kind: 'log', level: 'warn', message: `not ready yet: ${reason}` });
  };
}

function exitText(exit: InstanceExit | undefined): string {
  if (exit === undefined) return 'it is gone';
  if (exit.isOutOfMemory) return 'out of memory';
  return exit.signal ?? `exit ${exit.code}`;
}

import type { AppService, ServiceRun } from '../../contract/documents.ts';
import { logLineText } from '../../render/app-log.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';
import { readServiceLog } from './service-logs.ts';

const POLL_MS = 1_000;
const OPEN = new Set<ServiceRun['state']>(['QUEUED', 'RUNNING']);

/** Waits until a run has ended, and shows what it writes. @throws OperationFailedError when it does not succeed */
export async function awaitRun(
  session: Session,
  service: Pick<AppService, 'id' | 'name'>,
  { id, number }: ServiceRun,
  timeoutMs: number,
): Promise<ServiceRun> {
  const { client, contact } = session;
  const waiting = {
    timeoutMs,
    what: `run ${number} of ${service.name} continues`,
    resumeCommand: `ocpctl app logs ${service.name} --run ${number} -f`,
    contact,
  };
  const run = await interruptibleWait(waiting, async (signal) => {
    for (let after = 0; ; ) {
      const { data } = await client.GET('/v1/app/runs/{id}', { params: { path: { id } }, signal });
      // All that it wrote is stored before it is said to have ended.
      after = await showLog(session, service.id, { number, after });
      if (!OPEN.has(data.state)) return data;
      await client.clock.sleep(POLL_MS, signal);
    }
  });
  if (run.state === 'SUCCEEDED') return run;
  throw new OperationFailedError(run.state, `run ${number} of ${service.name} ${outcome(run)}`, {
    hint: `'ocpctl app logs ${service.name} --run ${number}' shows what it wrote`,
  });
}

/** To stderr, as the log of a build: the result is the run. @returns the number of the last line */
async function showLog(
  session: Session,
  serviceId: string,
  { number, after }: { readonly number: number; readonly after: number },
): Promise<number> {
  let last = after;
  for await (const page of readServiceLog(session, serviceId, { run: number, after })) {
    for (const line of page) session.note(logLineText(line, false));
    last = page.at(-1)?.seq ?? last;
  }
  return last;
}

function outcome({ state, reason }: ServiceRun): string {
  const why = reason === null ? '' : `: ${reason}`;
  return state === 'FAILED' ? `failed${why}` : `was ${state.toLowerCase()}${why}`;
}

import type { ApiClient } from '../../client/api-client.ts';
import type { TaskDocument } from '../../contract/documents.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';

const POLL_MS = 1_000;

/**
 * Waits for the run that was requested: the first one after the run that `requested` shows.
 * @throws OperationFailedError when that run failed
 */
export async function awaitTaskRun(
  client: ApiClient,
  requested: TaskDocument,
  timeoutMs: number,
): Promise<TaskDocument> {
  const { name } = requested;
  const options = {
    timeoutMs,
    what: `the run of ${name} was requested`,
    resumeCommand: 'ocpctl admin tasks list',
  };
  const task = await interruptibleWait(options, async (signal) => {
    for (;;) {
      const { data } = await client.GET('/v1/admin/tasks/{name}', { params: { path: { name } }, signal });
      const hasEnded = data.status === 'SCHEDULED' || data.status === 'REQUESTED';
      if (data.run > requested.run && hasEnded && data.lastOutcome !== 'INTERRUPTED') return data;
      await client.clock.sleep(POLL_MS, signal);
    }
  });
  if (task.lastOutcome === 'FAILED') {
    throw new OperationFailedError(
      'OPERATION_FAILED',
      `task "${name}" failed: ${task.lastError ?? 'no reason recorded'}`,
      {
        hint: 'see the log of the server, or run it again',
      },
    );
  }
  return task;
}

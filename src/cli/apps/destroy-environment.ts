import type { AppEnvironment, Job } from '../../contract/documents.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { followJob } from '../jobs/follow-job.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';

/** Follows a destroy to its end. @throws OperationFailedError that says what is left */
export async function awaitEnvironmentDestroy(
  session: Session,
  { environment, job }: { readonly environment: AppEnvironment; readonly job: Job },
  timeoutMs: number,
): Promise<AppEnvironment> {
  const { client, contact } = session;
  const { id, name } = environment;
  const waiting = {
    timeoutMs,
    what: `the destroy of ${name} continues`,
    resumeCommand: `ocpctl wait ${job.id}`,
    contact,
  };
  return interruptibleWait(waiting, async (signal) => {
    await followJob(session, job, { name, mode: 'real' }, signal);
    const { data } = await client.GET('/v1/app/environments/{id}', { params: { path: { id } }, signal });
    if (data.status === 'DESTROYED') return data;
    const left = data.residue.length === 0 ? '' : `: ${data.residue.join('; ')} is left`;
    throw new OperationFailedError('RESIDUE_FOUND', `${name} is ${data.status}${left}`, {
      hint: 'the destroy is repeated by itself',
    });
  });
}

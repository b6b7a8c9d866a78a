import type { Tx } from '../../kernel/db/db.ts';
import type { JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { type DeploymentRow, lockDeployment, setDeploymentFailure } from '../store/deployments.sql.ts';

/** Notes at which step a deployment failed and why, with the last lines of the log: what its job stores has no lines. */
export async function recordFailure(
  attempt: JobContext,
  id: string,
  failure: JobFailure,
  lines: readonly string[],
): Promise<void> {
  await attempt.commit(async (tx) => {
    const [row] = await tx.query(lockDeployment, { id });
    if (row) await setFailure(tx, row, failure, lines);
  });
}

/** The same for a failure that was not noted when it happened. */
export async function setFailureOnce(tx: Tx, row: DeploymentRow, failure: JobFailure): Promise<void> {
  if (row.failedStep === null) await setFailure(tx, row, failure, []);
}

async function setFailure(
  tx: Tx,
  { id, state }: DeploymentRow,
  { code, message }: JobFailure,
  lines: readonly string[],
): Promise<void> {
  await tx.query(setDeploymentFailure, { id, step: state.toLowerCase(), code, message, logTail: [...lines] });
}

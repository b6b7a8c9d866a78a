import { string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { isJobId, resolveCluster } from '../cli/clusters/resolve.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { durationMs } from '../cli/flags/flag-values.ts';
import { clusterOrJobArgument, WAIT_TIMEOUT_FLAG } from '../cli/flags/shared-flags.ts';
import { awaitCluster, awaitJob, GOALS } from '../cli/jobs/await-cluster.ts';
import { IdleWait } from '../cli/jobs/idle-wait.ts';
import { interruptibleWait } from '../cli/jobs/interruptible-wait.ts';
import { awaitedCluster } from '../render/cluster.ts';
import { awaitedJob } from '../render/job.ts';

export default class Wait extends BaseCommand {
  static override summary = 'Wait for a cluster or a job';
  static override description =
    'Exits with code 10 if the operation failed, and with code 8 if --timeout passed.';
  static override examples = [
    '<%= config.bin %> wait demo --for ready --timeout 90m',
    '<%= config.bin %> wait demo --for destroyed',
    '<%= config.bin %> wait job_01k4qqz3v7m2n5p8r1t4w6y9ab',
  ];
  static override waits = true;
  static override args = { target: clusterOrJobArgument() };
  static override flags = {
    for: string({
      description: `Condition to wait for: ${GOALS.join(', ')} (default: done, the end of the current job)`,
      helpValue: 'CONDITION',
      options: [...GOALS],
    }),
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Wait);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    session.waitThroughOutages(timeoutMs);
    const { contact } = session;
    const goal = GOALS.find((name) => name === flags.for) ?? 'done';
    const resumeCommand = `ocpctl wait ${args.target} --for ${goal}`;
    if (isJobId(args.target)) {
      if (goal !== 'done')
        throw new UsageError(`--for ${goal} cannot be used with a job`, {
          hint: 'specify the cluster, or use --for done',
        });
      const what = `${args.target} continues`;
      const ended = await interruptibleWait({ timeoutMs, what, resumeCommand, contact }, (signal) =>
        awaitJob(session, args.target, signal),
      );
      return session.print(awaitedJob(ended));
    }
    const idle = new IdleWait(session);
    const what = () => idle.text ?? `the operation on ${args.target} continues`;
    const cluster = await interruptibleWait({ timeoutMs, what, resumeCommand, contact }, async (signal) => {
      const { id } = await resolveCluster(session.client, args.target, signal);
      return awaitCluster(session, id, goal, signal, idle);
    });
    await session.print(awaitedCluster(cluster));
  }
}

import { BaseCommand } from '../../cli/base-command.ts';
import { resolveJob } from '../../cli/clusters/resolve.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { acceptedJob } from '../../render/job.ts';

export default class JobsRetry extends BaseCommand {
  static override summary = 'Retry a job';
  static override description =
    'Runs a job that waits for its next attempt now, or starts a new destroy after a failed one.';
  static override examples = [
    '<%= config.bin %> jobs retry job_01k4qqz3v7m2n5p8r1t4w6y9ab',
    '<%= config.bin %> jobs retry demo',
  ];
  static override args = {
    job: requiredArgument('Id of a job, or name or id of a cluster for its most recent job'),
  };
  static override flags = { ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsRetry);
    const session = await this.open(flags);
    const job = await resolveJob(session.client, args.job);
    const { id } = job;
    session.actOn({ job });
    const { data } = await sendOnce({ flags, check: `ocpctl jobs get ${id}` }, (key) =>
      session.client.POST('/v1/jobs/{id}/retry', {
        params: { path: { id }, header: { 'idempotency-key': key } },
      }),
    );
    await session.print(acceptedJob(data));
    session.note(`To follow: 'ocpctl logs ${data.job.id} -f'.`);
  }
}

import { BaseCommand } from '../../cli/base-command.ts';
import { resolveJob } from '../../cli/clusters/resolve.ts';
import { requiredArgument } from '../../cli/flags/arguments.ts';
import { idempotencyKey } from '../../client/api-client.ts';
import { acceptedJob } from '../../render/job.ts';

export default class JobsRetry extends BaseCommand {
  static override description = 'Run a waiting job now, or order a destroy that failed again';
  static override examples = [
    '<%= config.bin %> jobs retry job_01k4qqz3v7m2n5p8r1t4w6y9ab',
    '<%= config.bin %> jobs retry demo',
  ];
  static override args = { job: requiredArgument('id of a job, or a cluster for its newest one') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsRetry);
    const session = await this.open(flags);
    const { id } = await resolveJob(session.client, args.job);
    const params = { path: { id }, header: { 'idempotency-key': idempotencyKey() } };
    const { data } = await session.client.POST('/v1/jobs/{id}/retry', { params });
    await session.print(acceptedJob(data));
    session.note(`Follow it with 'ocpctl logs ${data.job.id} -f'.`);
  }
}

import { BaseCommand } from '../../cli/base-command.ts';
import { resolveJob } from '../../cli/clusters/resolve.ts';
import { clusterOrJobArgument } from '../../cli/flags/shared-flags.ts';
import { jobRecord } from '../../render/job.ts';

export default class JobsGet extends BaseCommand {
  static override summary = 'Show details of a job';
  static override examples = [
    '<%= config.bin %> jobs get demo',
    '<%= config.bin %> jobs get job_01k4qqz3v7m2n5p8r1t4w6y9ab',
  ];
  static override description = 'For a cluster, shows its most recent job.';
  static override args = { target: clusterOrJobArgument() };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsGet);
    const session = await this.open(flags);
    await session.print(jobRecord(await resolveJob(session.client, args.target), session.io.now()));
  }
}

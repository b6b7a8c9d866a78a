import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { resolveJob } from '../../cli/clusters/resolve.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../cli/flags/shared-flags.ts';
import { confirmNames } from '../../cli/output/prompt.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { acceptedJob } from '../../render/job.ts';

export default class JobsCancel extends BaseCommand {
  static override summary = 'Cancel a job';
  static override description =
    'Cancelling the creation of a cluster also destroys the resources that it has created.';
  static override examples = [
    '<%= config.bin %> jobs cancel job_01k4qqz3v7m2n5p8r1t4w6y9ab',
    '<%= config.bin %> jobs cancel demo --yes',
  ];
  static override args = {
    job: requiredArgument('Id of a job, or name or id of a cluster for its most recent job'),
  };
  static override flags = {
    yes: boolean({ char: 'y', description: 'Skip the confirmation prompt' }),
    confirm: string({
      description: 'Confirm by the name of the cluster instead of the prompt',
      helpValue: 'NAME',
    }),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(JobsCancel);
    const session = await this.open(flags);
    const job = await resolveJob(session.client, args.job);
    const { id, type, resourceName } = job;
    session.actOn({ job });
    await confirmNames(session.io, session.promptPolicy, {
      names: [resourceName],
      action: 'cancel and destroy',
      yes: flags.yes || type !== 'CREATE',
      confirm: flags.confirm === undefined ? [] : [flags.confirm],
    });
    const { data } = await sendOnce({ flags, check: `ocpctl jobs get ${id}` }, (key) =>
      session.client.POST('/v1/jobs/{id}/cancel', {
        params: { path: { id }, header: { 'idempotency-key': key } },
      }),
    );
    await session.print(acceptedJob(data));
    if (data.cluster?.status === 'DESTROYING')
      session.note(
        `The resources that the job has created are being destroyed. To follow: 'ocpctl wait ${data.cluster.id} --for destroyed'.`,
      );
  }
}

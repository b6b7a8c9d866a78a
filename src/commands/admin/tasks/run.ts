import { boolean } from '@oclif/core/flags';
import { awaitTaskRun } from '../../../cli/admin/await-task-run.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';
import { waitTimeoutMs } from '../../../cli/flags/flag-values.ts';
import {
  DRY_RUN_FLAG,
  IDEMPOTENCY_KEY_FLAG,
  requiredArgument,
  WAIT_TIMEOUT_FLAG,
} from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { taskRow } from '../../../render/task.ts';

export default class AdminTasksRun extends BaseCommand {
  static override summary = 'Run a periodic task now';
  static override description =
    'A janitor starts the run within seconds, or when the run in progress has ended. With --wait, exit code 10 means that the run failed.';
  static override examples = [
    '<%= config.bin %> admin tasks run destroy-expired-clusters',
    '<%= config.bin %> admin tasks run destroy-expired-clusters --wait --timeout 5m',
  ];
  static override waits = true;
  static override args = { name: requiredArgument('Name of the task') };
  static override flags = {
    wait: boolean({ description: 'Wait until the run has ended' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminTasksRun);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    if (dryRun && flags.wait) throw new UsageError('--dry-run and --wait cannot be used together');
    const timeoutMs = waitTimeoutMs(flags);
    const { data } = await sendOnce({ flags, check: 'ocpctl admin tasks list' }, (key) =>
      session.client.POST('/v1/admin/tasks/{name}/run', {
        params: { path: { name: args.name }, query: { dryRun }, header: { 'idempotency-key': key } },
      }),
    );
    const task = flags.wait ? await awaitTaskRun(session.client, data, timeoutMs) : data;
    await session.print(taskRow(task, session.io.now()));
    if (dryRun) session.note('Dry run: the task can be run; nothing was changed.');
  }
}

import { BaseCommand } from '../../../cli/base-command.ts';
import { taskList } from '../../../render/task.ts';

export default class AdminTasksList extends BaseCommand {
  static override summary = 'List periodic tasks and how their last runs ended';
  static override description =
    'Each run has one janitor of the installation. A task that is LATE has no janitor that runs it. "-o wide" shows results and errors.';
  static override examples = [
    '<%= config.bin %> admin tasks list',
    '<%= config.bin %> admin tasks list -o wide',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminTasksList);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/admin/tasks');
    await session.print(taskList(data.items, session.io.now()));
  }
}

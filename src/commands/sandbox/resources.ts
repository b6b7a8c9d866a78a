import { BaseCommand } from '../../cli/base-command.ts';
import { resourceList } from '../../render/sandbox.ts';

export default class SandboxResources extends BaseCommand {
  static override summary = 'List the resources in the simulated cloud';
  static override examples = [
    '<%= config.bin %> sandbox resources',
    '<%= config.bin %> sandbox resources -o json',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxResources);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/sandbox/resources');
    await session.print(resourceList(data.items, session.io.now()));
  }
}

import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { faultPresetList, sandboxFaultList } from '../../../render/sandbox.ts';

export default class SandboxFaultsList extends BaseCommand {
  static override summary = 'List the faults injected into the simulated cloud';
  static override examples = [
    '<%= config.bin %> sandbox faults list',
    '<%= config.bin %> sandbox faults list --available',
  ];
  static override flags = {
    available: boolean({ description: 'List the available presets instead' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxFaultsList);
    const session = await this.open(flags);
    if (flags.available) {
      const { data } = await session.client.GET('/v1/sandbox/fault-presets');
      await session.print(faultPresetList(data.items));
      return;
    }
    const { data } = await session.client.GET('/v1/sandbox/faults');
    await session.print(sandboxFaultList(data.items));
  }
}

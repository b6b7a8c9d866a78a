import { BaseCommand } from '../../../cli/base-command.ts';
import { idempotencyKey } from '../../../client/api-client.ts';
import { sandboxFaultList } from '../../../render/sandbox.ts';

export default class SandboxFaultsClear extends BaseCommand {
  static override summary = 'Remove all faults from the simulated cloud';
  static override examples = ['<%= config.bin %> sandbox faults clear'];

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxFaultsClear);
    const session = await this.open(flags);
    const params = { header: { 'idempotency-key': idempotencyKey() } };
    const { data } = await session.client.DELETE('/v1/sandbox/faults', { params });
    await session.print(sandboxFaultList(data.items));
  }
}

import { BaseCommand } from '../../../cli/base-command.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { sandboxFaultList } from '../../../render/sandbox.ts';

export default class SandboxFaultsClear extends BaseCommand {
  static override summary = 'Remove all faults from the simulated cloud';
  static override examples = ['<%= config.bin %> sandbox faults clear'];
  static override flags = { ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { flags } = await this.parse(SandboxFaultsClear);
    const session = await this.open(flags);
    const { data } = await sendOnce({ flags, check: 'ocpctl sandbox faults list' }, (key) =>
      session.client.DELETE('/v1/sandbox/faults', { params: { header: { 'idempotency-key': key } } }),
    );
    await session.print(sandboxFaultList(data.items));
  }
}

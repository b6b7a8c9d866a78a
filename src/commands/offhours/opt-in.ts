import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArgument, IDEMPOTENCY_KEY_FLAG } from '../../cli/flags/shared-flags.ts';
import { switchOffhours } from '../../cli/offhours/switch-offhours.ts';

export default class OffhoursOptIn extends BaseCommand {
  static override summary = 'Remove the workers of a cluster outside of the working hours of its team';
  static override description =
    'A READY cluster has no workers outside of the hours, and its number of before in the hours. A scale by hand wins until the hours begin or end next.';
  static override examples = ['<%= config.bin %> offhours opt-in demo'];
  static override args = { cluster: clusterArgument() };
  static override flags = { ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(OffhoursOptIn);
    await switchOffhours(await this.open(flags), args.cluster, { ...flags, optIn: true });
  }
}

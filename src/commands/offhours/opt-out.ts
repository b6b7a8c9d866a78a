import { BaseCommand } from '../../cli/base-command.ts';
import { clusterArgument, IDEMPOTENCY_KEY_FLAG } from '../../cli/flags/shared-flags.ts';
import { switchOffhours } from '../../cli/offhours/switch-offhours.ts';

export default class OffhoursOptOut extends BaseCommand {
  static override summary = 'Keep the workers of a cluster outside of the working hours of its team';
  static override description = 'Workers that the schedule took away come back at once.';
  static override examples = ['<%= config.bin %> offhours opt-out demo'];
  static override args = { cluster: clusterArgument() };
  static override flags = { ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(OffhoursOptOut);
    await switchOffhours(await this.open(flags), args.cluster, { ...flags, optIn: false });
  }
}

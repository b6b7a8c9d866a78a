import { BaseCommand } from '../../cli/base-command.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { offhoursRecord } from '../../render/offhours.ts';

export default class OffhoursClear extends BaseCommand {
  static override summary = 'Remove the working hours of a team';
  static override description = 'Workers that the schedule took away come back at once.';
  static override examples = ['<%= config.bin %> offhours clear payments'];
  static override args = { team: requiredArgument('Team') };
  static override flags = { ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(OffhoursClear);
    const session = await this.open(flags);
    const { data } = await sendOnce({ flags, check: `ocpctl offhours show ${args.team}` }, (key) =>
      session.client.DELETE('/v1/offhours', {
        params: { query: { team: args.team }, header: { 'idempotency-key': key } },
      }),
    );
    await session.print(offhoursRecord(data, session.io.now(), `Removed: off-hours of team ${data.team}`));
  }
}

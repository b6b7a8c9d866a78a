import { BaseCommand } from '../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../cli/flags/shared-flags.ts';
import { noteEffect } from '../../cli/offhours/note-effect.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { offhoursRecord } from '../../render/offhours.ts';

export default class OffhoursClear extends BaseCommand {
  static override summary = 'Remove the working hours of a team';
  static override description = 'Workers that the schedule took away come back at once.';
  static override examples = [
    '<%= config.bin %> offhours clear payments --dry-run',
    '<%= config.bin %> offhours clear payments',
  ];
  static override args = { team: requiredArgument('Team') };
  static override flags = { ...DRY_RUN_FLAG, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(OffhoursClear);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const { data } = await sendOnce({ flags, check: `ocpctl offhours show ${args.team}` }, (key) =>
      session.client.DELETE('/v1/offhours', {
        params: { query: { team: args.team, dryRun }, header: { 'idempotency-key': key } },
      }),
    );
    const title = `${dryRun ? 'Would remove' : 'Removed'}: off-hours of team ${data.team}`;
    await session.print(offhoursRecord(data, session.io.now(), title));
    noteEffect(session, data, dryRun ? 'Would scale' : 'Scales');
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}

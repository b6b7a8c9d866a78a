import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../cli/flags/shared-flags.ts';
import { noteEffect } from '../../cli/offhours/note-effect.ts';
import { scheduleFromFlags } from '../../cli/offhours/schedule-flags.ts';
import { sendOnce } from '../../cli/send-once.ts';
import { offhoursRecord } from '../../render/offhours.ts';

export default class OffhoursSet extends BaseCommand {
  static override summary = 'Set the working hours of a team';
  static override description =
    "Outside of these hours, the clusters of the team that opted in ('create --offhours', 'offhours opt-in') have no workers. At the start of hours they get back the number that they had. Hours belong to the day on which they start: 22:00-06:00 on mon-fri ends on Saturday.";
  static override examples = [
    '<%= config.bin %> offhours set payments --timezone Europe/Berlin --hours 08:00-19:00 --days mon-fri',
    '<%= config.bin %> offhours set payments --timezone Europe/Berlin --hours 08:00-19:00 --days mon-fri --holidays germany.ics',
    '<%= config.bin %> offhours set payments --timezone America/New_York --hours 22:00-06:00 --days mon,wed,fri --dry-run',
  ];
  static override args = { team: requiredArgument('Team') };
  static override flags = {
    timezone: string({
      description: 'Time zone of the hours, for example Europe/Berlin (required)',
      helpValue: 'ZONE',
      required: true,
    }),
    hours: string({
      description: 'Working hours, for example 08:00-19:00; 22:00-06:00 ends on the next day (required)',
      helpValue: 'HH:MM-HH:MM',
      required: true,
    }),
    days: string({
      description: 'Days on which the hours start, for example mon-fri or mon,wed,fri (required)',
      helpValue: 'DAYS',
      required: true,
    }),
    holidays: string({
      description:
        'Calendar file (iCalendar): on its all-day events no hours start (default: holidays stay as they are)',
      helpValue: 'FILE.ics',
      exclusive: ['no-holidays'],
    }),
    'no-holidays': boolean({ description: 'Remove the holidays' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(OffhoursSet);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const { schedule, notes } = await scheduleFromFlags(flags, session.io.now());
    const { data } = await sendOnce({ flags, check: `ocpctl offhours show ${args.team}` }, (key) =>
      session.client.POST('/v1/offhours', {
        params: { query: { dryRun }, header: { 'idempotency-key': key } },
        body: { team: args.team, ...schedule },
      }),
    );
    await session.print(offhoursRecord(data, session.io.now(), `Off-hours of team ${data.team}`));
    for (const note of notes) session.note(note);
    noteEffect(session, data, dryRun ? 'Would scale' : 'Scales');
    for (const warning of data.warnings ?? []) session.note(`Warning: ${warning}`);
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}

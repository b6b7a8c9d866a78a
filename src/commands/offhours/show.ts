import { BaseCommand } from '../../cli/base-command.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { offhoursRecord } from '../../render/offhours.ts';

export default class OffhoursShow extends BaseCommand {
  static override summary = 'Show the working hours of a team';
  static override examples = [
    '<%= config.bin %> offhours show payments',
    '<%= config.bin %> offhours show payments -o value=next.0.at',
  ];
  static override args = { team: requiredArgument('Team') };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(OffhoursShow);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/offhours', { params: { query: { team: args.team } } });
    await session.print(offhoursRecord(data, session.io.now(), `Off-hours of team ${data.team}`));
  }
}

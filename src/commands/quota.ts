import { string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { omitUndefined } from '../cli/flags/flag-values.ts';
import { quotaRecord } from '../render/quota.ts';

export default class Quota extends BaseCommand {
  static override summary = 'Show quotas and rate limits';
  static override description =
    'Shows the limits and current use of you and your teams, and when the next request is possible.';
  static override examples = [
    '<%= config.bin %> quota',
    '<%= config.bin %> quota --team payments -o value=items.createsPerHour.nextFreeAt',
  ];
  static override flags = { team: string({ description: 'Filter by team', helpValue: 'TEAM' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(Quota);
    const session = await this.open(flags);
    const query = omitUndefined({ team: flags.team });
    const { data } = await session.client.GET('/v1/quota', { params: { query } });
    await session.print(quotaRecord(data, session.io.now()));
  }
}

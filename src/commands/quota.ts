import { string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { omitUndefined } from '../cli/omit-undefined.ts';
import { quotaRecord } from '../render/quota.ts';

export default class Quota extends BaseCommand {
  static override description =
    'Show your limits and those of your teams, what is used, and when more is free';
  static override examples = [
    '<%= config.bin %> quota',
    '<%= config.bin %> quota --team payments -o value=items.createsPerHour.nextFreeAt',
  ];
  static override flags = { team: string({ description: 'only this team' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(Quota);
    const session = await this.open(flags);
    const query = omitUndefined({ team: flags.team });
    const { data } = await session.client.GET('/v1/quota', { params: { query } });
    await session.print(quotaRecord(data, session.io.now()));
  }
}

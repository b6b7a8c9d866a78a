import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { replayResult } from '../../../render/notification.ts';

export default class AdminNotificationsReplay extends BaseCommand {
  static override summary = 'Send events to a target again';
  static override description =
    'Without --event, all deliveries that were given up. A target that was disabled is enabled again. Receivers know a repetition by its id.';
  static override examples = [
    '<%= config.bin %> admin notifications replay ops',
    '<%= config.bin %> admin notifications replay ops --event evt_01k2x8h3m5v7t9w0q4r6s8d2fa',
  ];
  static override args = { name: requiredArgument('Name or id of the target') };
  static override flags = {
    event: string({ description: 'Id of an event, can be repeated', helpValue: 'ID', multiple: true }),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminNotificationsReplay);
    const session = await this.open(flags);
    const body = flags.event === undefined ? {} : { eventIds: flags.event };
    const { data } = await sendOnce({ flags, check: 'ocpctl admin notifications deliveries' }, (key) =>
      session.client.POST('/v1/admin/notifications/{target}/replay', {
        params: { path: { target: args.name }, header: { 'idempotency-key': key } },
        body,
      }),
    );
    await session.print(replayResult(data));
  }
}

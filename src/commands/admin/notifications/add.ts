import { string } from '@oclif/core/flags';
import { KINDS, NOTIFICATION_EVENTS, readUrl, submitTarget } from '../../../cli/admin/notifications.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { assertShowsSecret } from '../../../cli/output/result-text.ts';
import { newTargetRecord, targetPlan } from '../../../render/notification.ts';

export default class AdminNotificationsAdd extends BaseCommand {
  static override summary = 'Add a webhook, a Slack channel or an SNS topic that receives events';
  static override description =
    'Webhooks receive CloudEvents, signed as Standard Webhooks describes; the signing secret is shown only once. Every event is delivered at least once, with the same id each time. The URL is kept as a secret.';
  static override examples = [
    '<%= config.bin %> admin notifications add ops --kind webhook --url-file webhook-url',
    '<%= config.bin %> admin notifications add team-a --kind slack --url-file slack-url --team team-a --event cluster.failed --event cluster.expired',
    '<%= config.bin %> admin notifications add audit --kind sns --url arn:aws:sns:eu-west-1:123456789012:ocpctl',
  ];
  static override args = { name: requiredArgument('Name of the target') };
  static override flags = {
    kind: string({
      description: `Kind of target: ${KINDS.join(', ')} (required)`,
      helpValue: 'KIND',
      options: [...KINDS],
      required: true,
    }),
    url: string({
      description: 'ARN of the topic, or URL of a webhook without credentials in it',
      helpValue: 'URL',
    }),
    'url-file': string({
      description:
        'Read the URL from a file, or from stdin with -; required for slack, whose URL is a credential',
      helpValue: 'FILE',
      exclusive: ['url'],
    }),
    team: string({
      description: 'Only events of this team (default: all teams and the installation)',
      helpValue: 'TEAM',
    }),
    event: string({
      description: `Only events of this type, can be repeated (default: all): ${NOTIFICATION_EVENTS.join(', ')}`,
      helpValue: 'TYPE',
      options: [...NOTIFICATION_EVENTS],
      multiple: true,
    }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminNotificationsAdd);
    const session = await this.open(flags);
    if (flags.kind === 'webhook' && !flags['dry-run']) assertShowsSecret(session.format, 'signing secret');
    const url = await readUrl(flags, session.io);
    const data = await submitTarget(session.client, flags, args.name, url);
    for (const warning of data.warnings ?? []) session.note(`Warning: ${warning}`);
    if (!('target' in data)) {
      await session.print(targetPlan(data));
      session.note('Dry run: nothing was changed.');
      return;
    }
    await session.print(newTargetRecord(data));
    if (data.signingSecret !== null) session.note('The signing secret is not shown again.');
    session.note(`To try it: 'ocpctl admin notifications test ${args.name}'.`);
  }
}

import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { accessKeyChange } from '../../../render/keys.ts';

export default class AdminKeysRevoke extends BaseCommand {
  static override summary = 'Revoke a key';
  static override description = 'Takes effect immediately on every server and cannot be undone.';
  static override examples = [
    '<%= config.bin %> admin keys revoke OCPK0123456789ABCDEF',
    '<%= config.bin %> admin keys revoke OCPK0123456789ABCDEF --dry-run',
  ];
  static override args = { key: requiredArgument('Id of the key') };
  static override flags = { ...DRY_RUN_FLAG, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminKeysRevoke);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const { data } = await sendOnce({ flags, check: 'ocpctl admin keys list' }, (key) =>
      session.client.DELETE('/v1/admin/keys/{keyId}', {
        params: {
          path: { keyId: args.key },
          query: { dryRun },
          header: { 'idempotency-key': key },
        },
      }),
    );
    await session.print(accessKeyChange(data, dryRun ? 'WOULD REVOKE' : 'REVOKED'));
    if (dryRun) session.note('Dry run: nothing was changed.');
  }
}

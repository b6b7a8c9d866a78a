import { BaseCommand } from '../../../cli/base-command.ts';
import { localPrincipal } from '../../../cli/flags/grant-flags.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { assertShowsSecret } from '../../../cli/output/result-text.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { accessKeyPlan, newAccessKeyRecord } from '../../../render/keys.ts';

export default class AdminKeysCreate extends BaseCommand {
  static override summary = 'Create a key for a local principal';
  static override description = 'The secret access key is shown only once.';
  static override examples = [
    '<%= config.bin %> admin keys create ann',
    '<%= config.bin %> admin keys create local:ci -o json',
  ];
  static override args = { principal: requiredArgument('Local principal: NAME or local:NAME') };
  static override flags = { ...DRY_RUN_FLAG, ...IDEMPOTENCY_KEY_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminKeysCreate);
    const session = await this.open(flags);
    if (!flags['dry-run']) assertShowsSecret(session.format, 'secret access key');
    const { data } = await sendOnce({ flags, check: 'ocpctl admin keys list' }, (key) =>
      session.client.POST('/v1/admin/keys', {
        params: { query: { dryRun: flags['dry-run'] }, header: { 'idempotency-key': key } },
        body: { principal: localPrincipal(args.principal) },
      }),
    );
    if (!('secretAccessKey' in data)) {
      await session.print(accessKeyPlan(data));
      session.note('Dry run: nothing was changed.');
      return;
    }
    await session.print(newAccessKeyRecord(data));
    session.note(
      `The secret access key is not stored and cannot be shown again. To use the key: 'ocpctl context add NAME --server ${session.connection.server} ` +
        `--access-key-id ${data.id} --secret-access-key-file -'. ` +
        `To grant access: 'ocpctl admin grants add ${data.principal} --role ROLE --team TEAM'.`,
    );
  }
}

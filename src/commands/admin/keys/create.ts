import { BaseCommand } from '../../../cli/base-command.ts';
import { requiredArgument } from '../../../cli/flags/arguments.ts';
import { DRY_RUN_FLAG, localPrincipal } from '../../../cli/flags/grant-flags.ts';
import { idempotencyKey } from '../../../client/api-client.ts';
import { accessKeyPlan, newAccessKeyRecord } from '../../../render/access-key.ts';

export default class AdminKeysCreate extends BaseCommand {
  static override description = 'Make a key for a local principal; its secret is shown this once';
  static override examples = [
    '<%= config.bin %> admin keys create ann',
    '<%= config.bin %> admin keys create local:ci -o json',
  ];
  static override args = { principal: requiredArgument('local:NAME, or the name alone') };
  static override flags = { ...DRY_RUN_FLAG };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminKeysCreate);
    const session = await this.open(flags);
    const { data } = await session.client.POST('/v1/admin/keys', {
      params: { query: { dryRun: flags['dry-run'] }, header: { 'idempotency-key': idempotencyKey() } },
      body: { principal: localPrincipal(args.principal) },
    });
    if (!('secretAccessKey' in data)) {
      await session.print(accessKeyPlan(data));
      session.note('A dry run: nothing was changed.');
      return;
    }
    await session.print(newAccessKeyRecord(data));
    session.note(
      `Kept by nobody else: hand it over safely. Its owner runs 'ocpctl context add NAME --server ${session.connection.server} ` +
        `--access-key-id ${data.id} --secret-access-key-file -' and pastes the secret; ` +
        `'ocpctl admin grants add ${data.principal} …' says what it may do.`,
    );
  }
}

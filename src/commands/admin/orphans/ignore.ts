import { boolean, string } from '@oclif/core/flags';
import { resolveOrphanId, submitIgnore } from '../../../cli/admin/orphans.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { orphanList } from '../../../render/orphan.ts';

export default class AdminOrphansIgnore extends BaseCommand {
  static override summary = 'Ignore an orphan';
  static override description = 'An ignored orphan stays in the list and cannot be swept.';
  static override examples = [
    '<%= config.bin %> admin orphans ignore demo-x7k2p --reason "kept for the audit"',
    '<%= config.bin %> admin orphans ignore demo-x7k2p --undo',
  ];
  static override args = { orphan: requiredArgument('Id or infraID of the orphan') };
  static override flags = {
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    undo: boolean({ description: 'Stop ignoring it' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminOrphansIgnore);
    const session = await this.open(flags);
    const id = await resolveOrphanId(session.client, args.orphan);
    await session.print(orphanList([await submitIgnore(session.client, id, flags)], session.io.now()));
    if (flags['dry-run']) session.note('Dry run: nothing was changed.');
  }
}

import { string } from '@oclif/core/flags';
import { submitDecision } from '../../../cli/admin/approvals.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { requiredArgument } from '../../../cli/flags/arguments.ts';
import { DRY_RUN_FLAG } from '../../../cli/flags/grant-flags.ts';
import { decidedApproval } from '../../../render/approval.ts';

export default class AdminApprovalsApprove extends BaseCommand {
  static override description = 'Approve a request of somebody else; it then holds for an hour, and once';
  static override examples = ['<%= config.bin %> admin approvals approve apr_01k4qqz3v7m2n5p8r1t4w6y9ab'];
  static override args = { request: requiredArgument('id of a request') };
  static override flags = {
    reason: string({ description: 'why, for the audit trail', helpValue: 'TEXT' }),
    ...DRY_RUN_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminApprovalsApprove);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    const decided = await submitDecision(session.client, args.request, {
      decision: 'approve',
      reason: flags.reason,
      dryRun,
    });
    await session.print(decidedApproval(decided, session.io.now()));
    if (dryRun) session.note('A dry run: it can be decided, and nothing was changed.');
  }
}

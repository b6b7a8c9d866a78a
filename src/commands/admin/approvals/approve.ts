import { string } from '@oclif/core/flags';
import { submitDecision } from '../../../cli/admin/approvals.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { decidedApproval } from '../../../render/approval.ts';

export default class AdminApprovalsApprove extends BaseCommand {
  static override summary = 'Approve a request of another user';
  static override description = 'The approval is valid for one hour and can be used once.';
  static override examples = ['<%= config.bin %> admin approvals approve apr_01k4qqz3v7m2n5p8r1t4w6y9ab'];
  static override args = { request: requiredArgument('Id of the request') };
  static override flags = {
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminApprovalsApprove);
    const session = await this.open(flags);
    const decided = await submitDecision(session.client, args.request, 'approve', flags);
    await session.print(decidedApproval(decided, session.io.now()));
    if (flags['dry-run']) session.note('Dry run: the request can be decided; nothing was changed.');
  }
}

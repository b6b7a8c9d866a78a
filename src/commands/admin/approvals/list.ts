import { string } from '@oclif/core/flags';
import { APPROVAL_STATUSES, fetchApprovals } from '../../../cli/admin/approvals.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { approvalList } from '../../../render/approval.ts';

export default class AdminApprovalsList extends BaseCommand {
  static override summary = 'List approval requests, newest first';
  static override description = 'Includes your own requests.';
  static override examples = [
    '<%= config.bin %> admin approvals list',
    '<%= config.bin %> admin approvals list --status PENDING',
  ];
  static override flags = {
    status: string({
      description: `Filter by status: ${APPROVAL_STATUSES.join(', ')}`,
      helpValue: 'STATUS',
      options: [...APPROVAL_STATUSES],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminApprovalsList);
    const session = await this.open(flags);
    const approvals = await fetchApprovals(session.client, flags.status);
    await session.print(approvalList(approvals, session.io.now()));
  }
}

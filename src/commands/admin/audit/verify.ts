import { verifyAuditLog } from '../../../cli/admin/audit-log.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { CliError } from '../../../cli/errors/cli-error.ts';
import { EXIT } from '../../../cli/errors/exit-codes.ts';
import { isShaped } from '../../../cli/flags/shared-flags.ts';
import { auditFaultList } from '../../../render/audit.ts';

const PROGRESS_STEP = 100_000;

export default class AdminAuditVerify extends BaseCommand {
  static override summary = 'Verify the audit log';
  static override description =
    'Recomputes the hash chains and compares them with the signed audit anchors. Exits with code 11 if events were changed or removed.';
  static override examples = [
    '<%= config.bin %> admin audit verify',
    '<%= config.bin %> admin audit verify --json',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminAuditVerify);
    const session = await this.open(flags);
    let said = 0;
    const report = await verifyAuditLog(session.client, (events) => {
      if (events - said < PROGRESS_STEP) return;
      said = events;
      session.note(`${events} events verified`);
    });
    const isView = session.machineOutput || isShaped(session.flags) || report.faults.length > 0;
    if (isView) await session.print(auditFaultList(report));
    const { events, streams, anchors, keyId } = report;
    session.note(
      `${events} events in ${streams.length} chains, ${anchors} audit anchors${keyId ? ` signed with key ${keyId}` : ''}`,
    );
    if (!report.anchorsKept) {
      session.note(
        'No audit anchors are stored: truncation of the log would not be detected. Set OCPCTL_AUDIT_ANCHORS on the server.',
      );
    }
    if (report.faults.length === 0) {
      if (!isView) session.io.stdout.write('The audit log is intact.\n');
      return;
    }
    throw new CliError(
      'AUDIT_BROKEN',
      `the audit log was changed: ${report.faults.length} problem${report.faults.length === 1 ? '' : 's'} found`,
      {
        exitCode: EXIT.problemsFound,
        hint: 'keep the database unchanged, and compare it with a backup or an earlier export',
      },
    );
  }
}

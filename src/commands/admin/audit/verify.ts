import { verifyAuditLog } from '../../../cli/admin/audit-log.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { CliError } from '../../../cli/errors/cli-error.ts';
import { EXIT } from '../../../cli/errors/exit-codes.ts';
import { auditFaultList } from '../../../render/audit.ts';

const PROGRESS_STEP = 100_000;

export default class AdminAuditVerify extends BaseCommand {
  static override description =
    'Compute the chains of the audit trail anew and compare them with the signed anchors';
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
      session.note(`${events} events …`);
    });
    if (session.machineOutput || report.faults.length > 0) await session.print(auditFaultList(report));
    const { events, streams, anchors, keyId } = report;
    session.note(
      `${events} events in ${streams.length} streams, ${anchors} anchors${keyId ? ` of key ${keyId}` : ''}`,
    );
    if (!report.anchorsKept) {
      session.note(
        'No anchors are kept: a tail that was cut off together with its head is not found. See OCPCTL_AUDIT_ANCHORS.',
      );
    }
    if (report.faults.length === 0) {
      if (!session.machineOutput) session.io.stdout.write('The audit trail is whole.\n');
      return;
    }
    throw new CliError(
      'AUDIT_BROKEN',
      `the audit trail was tampered with in ${report.faults.length} places`,
      {
        exitCode: EXIT.problemsFound,
        hint: 'keep the database as it is, and compare it with a backup and with an export from before',
      },
    );
  }
}

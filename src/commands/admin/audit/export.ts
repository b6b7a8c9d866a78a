import { AUDIT_FILTERS, auditPages, auditQuery } from '../../../cli/admin/audit-log.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { flush } from '../../../cli/output/io.ts';

export default class AdminAuditExport extends BaseCommand {
  static override description =
    'Write the audit trail as JSON lines, oldest first, with the hashes of its chains';
  static override examples = [
    '<%= config.bin %> admin audit export > trail.jsonl',
    '<%= config.bin %> admin audit export --since 2026-01-01T00:00:00Z --stream platform | gzip > platform.jsonl.gz',
  ];
  static override flags = { ...AUDIT_FILTERS };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminAuditExport);
    const session = await this.open(flags);
    const { stdout, now } = session.io;
    let count = 0;
    for await (const page of auditPages(session.client, auditQuery(flags, 'oldest', now()))) {
      count += page.length;
      stdout.write(page.map((event) => `${JSON.stringify(event)}\n`).join(''));
      // Whoever reads slowly is waited for: a long trail must not pile up in memory.
      await flush(stdout);
    }
    session.note(`${count} events`);
  }
}

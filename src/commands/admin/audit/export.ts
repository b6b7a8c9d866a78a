import { AUDIT_FILTERS, auditPages, auditQuery } from '../../../cli/admin/audit-log.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { flush } from '../../../cli/output/io.ts';
import { assertNoShapeFlags } from '../../../cli/output/result-text.ts';
import { toJson } from '../../../contract/escape.ts';

export default class AdminAuditExport extends BaseCommand {
  static override summary = 'Export the audit log as JSON lines, oldest first';
  static override description = 'Each event includes the hash that links it to the previous one.';
  static override examples = [
    '<%= config.bin %> admin audit export > audit.jsonl',
    '<%= config.bin %> admin audit export --since 2026-01-01T00:00:00Z --stream _platform | gzip > platform.jsonl.gz',
  ];
  static override flags = { ...AUDIT_FILTERS };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminAuditExport);
    const session = await this.open(flags);
    assertNoShapeFlags(flags, 'an export, which is JSON lines');
    const { stdout, now } = session.io;
    let count = 0;
    for await (const page of auditPages(session.client, auditQuery(flags, 'oldest', now()))) {
      count += page.length;
      stdout.write(page.map((event) => `${toJson(event)}\n`).join(''));
      // Waits for a slow reader, so that a long log is not buffered in memory.
      await flush(stdout);
    }
    session.note(`${count} events`);
  }
}

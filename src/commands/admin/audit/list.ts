import { string } from '@oclif/core/flags';
import { AUDIT_FILTERS, auditPages, auditQuery } from '../../../cli/admin/audit-log.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { wholeNumber } from '../../../cli/flags/flag-values.ts';
import type { AuditEventDocument } from '../../../contract/documents.ts';
import { auditList } from '../../../render/audit.ts';

const DEFAULT_LIMIT = 50;

export default class AdminAuditList extends BaseCommand {
  static override summary = 'List audit events, newest first';
  static override examples = [
    '<%= config.bin %> admin audit list --since 1d',
    '<%= config.bin %> admin audit list --action cluster.credential --status SUCCESS -o wide',
    '<%= config.bin %> admin audit list --target clu_01k4qqz3v7m2n5p8r1t4w6y9ab',
  ];
  static override flags = {
    ...AUDIT_FILTERS,
    limit: string({ description: `Maximum number of results (default: ${DEFAULT_LIMIT})`, helpValue: 'N' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminAuditList);
    const session = await this.open(flags);
    const limit = flags.limit === undefined ? DEFAULT_LIMIT : wholeNumber('limit', flags.limit, 1);
    const now = session.io.now();
    const events: AuditEventDocument[] = [];
    for await (const page of auditPages(session.client, auditQuery(flags, 'newest', now), limit))
      events.push(...page);
    await session.print(auditList(events.slice(0, limit), now));
  }
}

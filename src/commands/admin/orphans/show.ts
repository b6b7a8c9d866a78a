import { boolean } from '@oclif/core/flags';
import { resolveOrphanId } from '../../../cli/admin/orphans.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { writeProof } from '../../../cli/proof/write-proof.ts';
import { orphanRecord } from '../../../render/orphan.ts';

export default class AdminOrphansShow extends BaseCommand {
  static override summary = 'Show an orphan and its resources';
  static override description = 'Also shows which resources a sweep would keep, and why.';
  static override examples = [
    '<%= config.bin %> admin orphans show demo-x7k2p',
    '<%= config.bin %> admin orphans show orp_01k4qqz3v7m2n5p8r1t4w6y9ab --proof > proof.json',
  ];
  static override args = { orphan: requiredArgument('Id or infraID of the orphan') };
  static override flags = {
    proof: boolean({ description: 'Print the signed proof that a sweep left nothing (in-toto, DSSE)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminOrphansShow);
    const session = await this.open(flags);
    const id = await resolveOrphanId(session.client, args.orphan);
    if (flags.proof) {
      const params = { params: { path: { id } } };
      return writeProof(session, id, (await session.client.GET('/v1/admin/orphans/{id}/proof', params)).data);
    }
    const { data } = await session.client.GET('/v1/admin/orphans/{id}', { params: { path: { id } } });
    await session.print(orphanRecord(data, session.io.now()));
  }
}

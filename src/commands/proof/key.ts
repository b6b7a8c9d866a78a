import { BaseCommand } from '../../cli/base-command.ts';
import { recordView } from '../../render/view.ts';

export default class ProofKey extends BaseCommand {
  static override summary = 'Print the public key that signs proofs';
  static override description =
    'An Ed25519 public key in PEM. It also signs the audit anchors, and it is stored beside them.';
  static override examples = ['<%= config.bin %> proof key > ocpctl.pem'];

  async run(): Promise<void> {
    const { flags } = await this.parse(ProofKey);
    const session = await this.open(flags);
    const { data } = await session.client.GET('/v1/signing-key');
    await session.printText(data.publicKey, recordView({ document: data, name: data.keyId, blocks: [] }));
  }
}

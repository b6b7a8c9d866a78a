import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { readTextFile } from '../../cli/input-file.ts';
import { parsePublicKey, readEnvelope, verifyDestroyProof } from '../../cli/proof/read-proof.ts';
import { proofRecord } from '../../render/proof.ts';

export default class ProofVerify extends BaseCommand {
  static override summary = 'Verify the proof that a cluster was destroyed';
  static override description =
    'Checks the signature and shows what the proof says. With --key nothing but the two files is needed; without it the key comes from the server. Exits with code 11 if the proof is not valid.';
  static override examples = [
    '<%= config.bin %> get demo --proof > demo.proof.json',
    '<%= config.bin %> proof key > ocpctl.pem',
    '<%= config.bin %> proof verify demo.proof.json --key ocpctl.pem',
  ];
  static override args = {
    file: requiredArgument('File with the proof, as `ocpctl get NAME --proof` prints it'),
  };
  static override flags = {
    key: string({
      description: 'Public key of the installation in PEM (default: from the server)',
      helpValue: 'FILE',
    }),
    cluster: string({ description: 'Id of the cluster that the proof must be about', helpValue: 'ID' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ProofVerify);
    const session = await this.open(flags);
    const envelope = await readEnvelope(args.file);
    const pem =
      flags.key === undefined
        ? (await session.client.GET('/v1/signing-key')).data.publicKey
        : await readTextFile(flags.key);
    const { key, id } = parsePublicKey(pem);
    const statement = verifyDestroyProof(envelope, key, flags.cluster);
    if (flags.key === undefined)
      session.note(`The key ${id} comes from the server. To be independent of it, keep the key: --key FILE`);
    await session.print(proofRecord(statement, id));
  }
}

import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { omitUndefined, wholeNumber } from '../../../cli/flags/flag-values.ts';
import { idempotencyKey } from '../../../client/api-client.ts';
import { sandboxFaultList } from '../../../render/sandbox.ts';

export default class SandboxFaultsSet extends BaseCommand {
  static override summary = 'Inject faults into the simulated cloud';
  static override description = 'Replaces all faults that were set before.';
  static override examples = [
    '<%= config.bin %> sandbox faults set capacity',
    '<%= config.bin %> sandbox faults set leak undeletable --cluster demo',
    '<%= config.bin %> sandbox faults set throttling --times 3',
  ];
  static override args = {
    preset: stringArgument({
      description: "Name of a preset; 'ocpctl sandbox faults list --available' shows them",
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    cluster: string({ description: 'Apply only to clusters with this name', helpValue: 'NAME' }),
    times: string({
      description: 'How many times each fault occurs (default: from the preset)',
      helpValue: 'N',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SandboxFaultsSet);
    const session = await this.open(flags);
    const body = {
      presets: [...new Set(args.preset)],
      ...omitUndefined({
        clusterName: flags.cluster,
        times: flags.times === undefined ? undefined : wholeNumber('times', flags.times, 1),
      }),
    };
    const params = { header: { 'idempotency-key': idempotencyKey() } };
    const { data } = await session.client.PUT('/v1/sandbox/faults', { params, body });
    await session.print(sandboxFaultList(data.items));
  }
}

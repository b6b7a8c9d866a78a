import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { omitUndefined, wholeNumber } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
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
    ...IDEMPOTENCY_KEY_FLAG,
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
    const { data } = await sendOnce({ flags, check: 'ocpctl sandbox faults list' }, (key) =>
      session.client.PUT('/v1/sandbox/faults', { params: { header: { 'idempotency-key': key } }, body }),
    );
    await session.print(sandboxFaultList(data.items));
  }
}

import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { wholeNumber } from '../../../cli/flags/flag-values.ts';
import { omitUndefined } from '../../../cli/omit-undefined.ts';
import { idempotencyKey } from '../../../client/api-client.ts';
import { sandboxFaultList } from '../../../render/sandbox-fault.ts';

export default class SandboxFaultsSet extends BaseCommand {
  static override description =
    'Make the simulated cloud fail on demand, in place of what it failed at before';
  static override examples = [
    '<%= config.bin %> sandbox faults set capacity',
    '<%= config.bin %> sandbox faults set leak undeletable --cluster demo',
    '<%= config.bin %> sandbox faults set throttling --times 3',
  ];
  static override args = {
    preset: stringArgument({
      description: 'names, as `sandbox faults list --available` shows them',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    cluster: string({ description: 'only for clusters of this name', helpValue: 'NAME' }),
    times: string({ description: 'how often each strikes (its own number)', helpValue: 'N' }),
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

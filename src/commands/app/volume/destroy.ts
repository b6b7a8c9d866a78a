import { string } from '@oclif/core/flags';
import { awaitVolumeDestroy, resolveVolume, VOLUME_LOCATION_FLAGS } from '../../../cli/apps/volumes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationMs } from '../../../cli/flags/flag-values.ts';
import {
  IDEMPOTENCY_KEY_FLAG,
  requiredArgument,
  WAIT_TIMEOUT_FLAG,
  waitFlag,
} from '../../../cli/flags/shared-flags.ts';
import { confirmNames } from '../../../cli/output/prompt.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { volumeRecord } from '../../../render/app-volume.ts';

export default class AppVolumeDestroy extends BaseCommand {
  static override summary = 'Destroy a volume with its data';
  static override description =
    'The name has to be typed, or given with --confirm. A volume that a service has is not destroyed: destroy the service first, which keeps the data.';
  static override examples = [
    '<%= config.bin %> app volume destroy data',
    '<%= config.bin %> app volume destroy data --confirm data',
  ];
  static override hiddenAliases = ['app:volume:delete', 'app:volume:rm'];
  static override waits = true;
  static override args = { volume: requiredArgument('Name or id of the volume') };
  static override flags = {
    confirm: string({ description: 'Confirm by name instead of the prompt', helpValue: 'NAME' }),
    reason: string({ description: 'Reason, recorded in the audit log', helpValue: 'TEXT' }),
    ...waitFlag('it is DESTROYED'),
    ...VOLUME_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppVolumeDestroy);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    const { id, name, environment, status } = await resolveVolume(session.client, args.volume, flags);
    await confirmNames(session.io, session.promptPolicy, {
      names: [name],
      about: [`volume ${name} in environment ${environment.name}: ${status}; its data cannot be restored`],
      action: 'destroy',
      isNameRequired: true,
      confirm: flags.confirm === undefined ? [] : [flags.confirm],
    });
    const { data } = await sendOnce({ flags, check: 'ocpctl app volume list' }, (key) =>
      session.client.POST('/v1/app/volumes/{id}/destroy', {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: { confirm: name, ...(flags.reason === undefined ? {} : { reason: flags.reason }) },
      }),
    );
    const volume = flags.wait ? await awaitVolumeDestroy(session, data, timeoutMs) : data.volume;
    await session.print(volumeRecord(volume));
    if (!flags.wait) session.note(`Accepted. To wait for it: 'ocpctl wait ${data.job.id}'.`);
  }
}

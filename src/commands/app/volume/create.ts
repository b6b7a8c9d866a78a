import { string } from '@oclif/core/flags';
import {
  assertNotDestroyed,
  assertSameSettings,
  createUnlessTaken,
  ifNotExistsFlag,
} from '../../../cli/apps/if-not-exists.ts';
import { resolveVolume } from '../../../cli/apps/volumes.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { omitUndefined } from '../../../cli/flags/flag-values.ts';
import { numberFlag } from '../../../cli/flags/number-flag.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { volumeRecord } from '../../../render/app-volume.ts';

export default class AppVolumeCreate extends BaseCommand {
  static override summary = 'Create an empty volume for a service of an environment';
  static override description =
    'A deploy with the volume attaches it. One service at a time has it, with one instance; the data outlives both. The size counts against the quota of the team and is not enforced by the host.';
  static override examples = [
    '<%= config.bin %> app volume create data --size 10',
    '<%= config.bin %> app volume create data --env staging && <%= config.bin %> app deploy . --env staging --volume data:/data',
  ];
  static override args = { name: requiredArgument('Name of the volume') };
  static override flags = {
    env: string({
      char: 'e',
      description: 'Environment; made if it does not exist (default: default)',
      helpValue: 'NAME',
    }),
    team: string({ description: 'Team (default: yours)', helpValue: 'TEAM' }),
    size: numberFlag({
      description: 'Size in GiB, 1 to 1024 (default: 1)',
      helpValue: 'GIB',
      min: 1,
      max: 1024,
    }),
    ...ifNotExistsFlag('volume'),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppVolumeCreate);
    const session = await this.open(flags);
    const { env: environment, team, size: sizeGib } = flags;
    const created = await createUnlessTaken(flags, () =>
      sendOnce({ flags, check: 'ocpctl app volume list' }, (key) =>
        session.client.POST('/v1/app/volumes', {
          params: { header: { 'idempotency-key': key } },
          body: { name: args.name, ...omitUndefined({ environment, team, sizeGib }) },
        }),
      ),
    );
    if (created !== undefined) return session.print(volumeRecord(created.data.volume));
    const volume = await resolveVolume(session.client, args.name, { env: environment ?? 'default', team });
    assertNotDestroyed('volume', volume);
    assertSameSettings('volume', volume.name, [['--size', sizeGib, volume.sizeGib]]);
    await session.print(volumeRecord(volume));
    session.note(`Volume ${args.name} exists already; nothing was changed.`);
  }
}

import { resolve } from 'node:path';
import { string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { InterruptedError } from '../../cli/errors/cli-error.ts';
import { DATA_FLAG, installerSettings } from '../../cli/flags/installer-flags.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { abortOnSignals } from '../../cli/jobs/interruptible-wait.ts';
import { mapSetupErrors } from '../../cli/server/map-setup-errors.ts';
import { restoreRecord } from '../../render/server.ts';

export default class ServerRestore extends BaseCommand {
  static override summary = 'Restore a backup into an empty data directory';
  static override description =
    'Compares the SHA-256 of each file and leaves nothing behind when one differs. Never run the old server again: two servers would manage the same clusters.';
  static override examples = [
    '<%= config.bin %> server restore ocpctl.tar.gz --keys ocpctl.tar.gz.keys',
    '<%= config.bin %> server restore /mnt/backup/ocpctl.tar.gz --keys ./ocpctl.keys --data ./data',
  ];
  static override args = { file: requiredArgument("Archive that 'ocpctl server backup' wrote") };
  static override flags = {
    keys: string({
      description: 'Archive of the keys (default: the key directory has them already)',
      helpValue: 'FILE',
    }),
    ...DATA_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ServerRestore);
    const session = await this.open(flags);
    const { parseServerSettings, restoreData } = await import('../../control-plane/index.ts');
    const settings = await mapSetupErrors(async () =>
      parseServerSettings(installerSettings(flags), session.io.env),
    );
    const files = {
      data: resolve(args.file),
      keys: flags.keys === undefined ? undefined : resolve(flags.keys),
    };
    const restored = await abortOnSignals(
      (signal) =>
        new InterruptedError(signal, 'stopped before the restore was complete; nothing is left of it'),
      (signal) => mapSetupErrors(() => restoreData(settings, files, signal)),
    );
    session.noteChange();
    await session.print(restoreRecord(restored));
  }
}

import { resolve } from 'node:path';
import { BaseCommand } from '../../cli/base-command.ts';
import { InterruptedError } from '../../cli/errors/cli-error.ts';
import { DATA_FLAG, installerSettings } from '../../cli/flags/installer-flags.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { abortOnSignals } from '../../cli/jobs/interruptible-wait.ts';
import { mapSetupErrors } from '../../cli/server/map-setup-errors.ts';
import { backupRecord } from '../../render/server.ts';

export default class ServerBackup extends BaseCommand {
  static override summary = 'Back up the data of a stopped server with an embedded database';
  static override description =
    'Writes two archives: the database, artifacts and audit anchors to FILE, and the keys to FILE.keys. Keep them apart: both together open every secret. For PostgreSQL, see docs/backup.md.';
  static override examples = [
    '<%= config.bin %> server backup ocpctl.tar.gz',
    '<%= config.bin %> server backup /mnt/backup/ocpctl.tar.gz --data ./data',
  ];
  static override args = { file: requiredArgument('Archive to write; it must not exist') };
  static override flags = DATA_FLAG;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ServerBackup);
    const session = await this.open(flags);
    const { backUpData, parseServerSettings } = await import('../../control-plane/index.ts');
    const file = resolve(args.file);
    const settings = await mapSetupErrors(async () =>
      parseServerSettings(installerSettings(flags), session.io.env),
    );
    const files = { data: file, keys: `${file}.keys` };
    const backup = await abortOnSignals(
      (signal) =>
        new InterruptedError(signal, 'stopped before the backup was complete; nothing is left of it'),
      (signal) => mapSetupErrors(() => backUpData(settings, files, signal)),
    );
    session.noteChange();
    await session.print(backupRecord(backup));
  }
}

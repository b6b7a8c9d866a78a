import { string } from '@oclif/core/args';
import { BaseCommand } from '../../../cli/base-command.ts';
import { CliError } from '../../../cli/errors/cli-error.ts';
import { EXIT } from '../../../cli/errors/exit-codes.ts';
import { INSTALLER_FLAGS, installerSettings } from '../../../cli/flags/installer-flags.ts';
import { mapSetupErrors } from '../../../cli/server/map-setup-errors.ts';
import { installerList } from '../../../render/server.ts';

export default class ServerInstallersVerify extends BaseCommand {
  static override summary = 'Verify the installers of this host';
  static override description =
    'Compares downloaded installers with the checksums recorded at download, and runs each installer to read its version. Exits with code 11 if one cannot be used.';
  static override examples = [
    '<%= config.bin %> server installers verify',
    '<%= config.bin %> server installers verify 4.20.3',
  ];
  static override args = {
    version: string({ description: 'Version to verify (default: all)', ignoreStdin: true }),
  };
  static override flags = INSTALLER_FLAGS;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ServerInstallersVerify);
    const session = await this.open(flags);
    const { openInstallerInventory, parseServerSettings } = await import('../../../control-plane/index.ts');
    const installers = await mapSetupErrors(() =>
      openInstallerInventory(parseServerSettings(installerSettings(flags), session.io.env)).verify(
        args.version,
      ),
    );
    await session.print(installerList(installers, session.io.now()));
    const bad = installers.filter(({ problem }) => problem !== null).length;
    if (bad === 0) return;
    throw new CliError('PROBLEMS_FOUND', `${bad} of ${installers.length} installers cannot be used`, {
      exitCode: EXIT.problemsFound,
    });
  }
}

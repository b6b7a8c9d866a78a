import { BaseCommand } from '../../../cli/base-command.ts';
import { INSTALLER_FLAGS, installerSettings } from '../../../cli/flags/installer-flags.ts';
import { mapSetupErrors } from '../../../cli/server/map-setup-errors.ts';
import { installerList } from '../../../render/server.ts';

export default class ServerInstallersList extends BaseCommand {
  static override summary = 'List the configured and downloaded installers of this host';
  static override examples = [
    '<%= config.bin %> server installers list',
    '<%= config.bin %> server installers list --installer /opt/installers -o json',
  ];
  static override flags = INSTALLER_FLAGS;

  async run(): Promise<void> {
    const { flags } = await this.parse(ServerInstallersList);
    const session = await this.open(flags);
    const { openInstallerInventory, parseServerSettings } = await import('../../../control-plane/index.ts');
    const installers = await mapSetupErrors(() =>
      openInstallerInventory(parseServerSettings(installerSettings(flags), session.io.env)).list(),
    );
    await session.print(installerList(installers, session.io.now()));
  }
}

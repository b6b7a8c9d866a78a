import { boolean, option } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { INSTALLER_FLAGS, installerSettings } from '../../../cli/flags/installer-flags.ts';
import { requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { mapSetupErrors } from '../../../cli/server/map-setup-errors.ts';
import { installerList } from '../../../render/server.ts';

const ARCHITECTURES = ['amd64', 'arm64', 's390x', 'multi'] as const;

export default class ServerInstallersFetch extends BaseCommand {
  static override summary = 'Download an installer into the cache of this host';
  static override description = 'The download is verified against the checksums of the mirror.';
  static override examples = [
    '<%= config.bin %> server installers fetch 4.20.3',
    '<%= config.bin %> server installers fetch 4.20.3 --architecture multi',
    'OCPCTL_INSTALLER_MIRROR=https://mirror.example.com/pub/openshift-v4 <%= config.bin %> server installers fetch 4.20.3',
  ];
  static override args = {
    version: requiredArgument('Exact version, for example 4.20.3'),
  };
  static override flags = {
    ...INSTALLER_FLAGS,
    architecture: option({
      description: 'Architecture of the machines of the clusters; multi for all',
      options: ARCHITECTURES,
      default: 'amd64' as const,
    })(),
    fips: boolean({ description: 'The build for clusters in FIPS mode' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ServerInstallersFetch);
    const session = await this.open(flags);
    const { openInstallerInventory, parseServerSettings } = await import('../../../control-plane/index.ts');
    const installer = await mapSetupErrors(() =>
      openInstallerInventory(parseServerSettings(installerSettings(flags), session.io.env)).fetch(
        { version: args.version, architecture: flags.architecture, fips: Boolean(flags.fips) },
        (message) => session.note(message),
      ),
    );
    session.noteChange();
    await session.print(installerList([installer], session.io.now()));
  }
}

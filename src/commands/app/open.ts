import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { CliError } from '../../cli/errors/cli-error.ts';
import { serviceRecord } from '../../render/app.ts';

export default class AppOpen extends BaseCommand {
  static override summary = 'Print the URL of a service';
  static override examples = [
    '<%= config.bin %> app open api',
    'xdg-open "$(<%= config.bin %> app open api)"',
  ];
  static override args = { service: serviceArgument() };
  static override flags = { ...SERVICE_LOCATION_FLAGS };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppOpen);
    const session = await this.open(flags);
    const service = await resolveService(session.client, args.service, flags);
    if (service.url === null)
      throw new CliError('NO_URL', `${service.name} has no URL`, {
        hint:
          service.kind === 'worker'
            ? 'a worker answers no requests'
            : "no edge runs: start a server with the role edge, see 'ocpctl app doctor'",
      });
    await session.printText(`${service.url}\n`, serviceRecord(service, session.io.now()));
  }
}

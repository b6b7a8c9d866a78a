import { boolean } from '@oclif/core/flags';
import { SERVICE_LOCATION_FLAGS, serviceArgument } from '../../cli/apps/app-flags.ts';
import { canOpenBrowser, openInBrowser } from '../../cli/apps/open-url.ts';
import { resolveService } from '../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { CliError } from '../../cli/errors/cli-error.ts';
import { serviceRecord } from '../../render/app.ts';

export default class AppOpen extends BaseCommand {
  static override summary = 'Open the URL of a service in the browser, or print it';
  static override description =
    'Opens the browser only from a terminal with a screen; elsewhere, and with --url, prints the URL.';
  static override examples = [
    '<%= config.bin %> app open api',
    'curl "$(<%= config.bin %> app open api --url)"',
  ];
  static override args = { service: serviceArgument() };
  static override flags = {
    url: boolean({ description: 'Only print the URL' }),
    ...SERVICE_LOCATION_FLAGS,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppOpen);
    const session = await this.open(flags);
    const service = await resolveService(session.client, args.service, flags);
    if (service.url === null)
      throw new CliError('NO_URL', `${service.name} has no URL`, {
        hint:
          service.kind === 'worker' || service.kind === 'cron'
            ? `a ${service.kind === 'cron' ? 'cron service' : 'worker'} answers no requests`
            : "no edge runs: start a server with the role edge, see 'ocpctl app doctor'",
      });
    if (service.ready === 0)
      session.note(`Warning: ${service.name} is ${service.status}: no instance answers requests.`);
    if (
      !flags.url &&
      !session.machineOutput &&
      canOpenBrowser(session.io) &&
      (await openInBrowser(service.url))
    )
      session.note('Opened in the browser.');
    await session.printText(`${service.url}\n`, serviceRecord(service, session.io.now()));
  }
}

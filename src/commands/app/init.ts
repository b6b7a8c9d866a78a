import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { appFileText } from '../../cli/apps/app-file-text.ts';
import { fetchPlan } from '../../cli/apps/deploy.ts';
import { deploymentRequest } from '../../cli/apps/deployment-request.ts';
import { assertNoAppFile, writeAppFile } from '../../cli/apps/write-app-file.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { deploymentPlanRecord } from '../../render/app-plan.ts';

export default class AppInit extends BaseCommand {
  static override summary = 'Write an app.yaml with what a deploy would find out';
  static override description =
    'Uploads the directory as a deploy does, and deploys nothing. Comments in the file say why each setting is what it is.';
  static override examples = [
    '<%= config.bin %> app init',
    '<%= config.bin %> app init ./my-app --start "node server.js"',
    '<%= config.bin %> app init --force',
  ];
  static override args = {
    directory: stringArgument({ description: 'Directory of the service', default: '.', ignoreStdin: true }),
  };
  static override flags = {
    name: string({ description: 'Name of the service (default: the directory)', helpValue: 'NAME' }),
    env: string({ char: 'e', description: 'Environment to write (default: none)', helpValue: 'NAME' }),
    team: string({ description: 'Team to write (default: none)', helpValue: 'TEAM' }),
    kind: string({
      description: 'Kind of service: web, worker, static or cron (default: guessed; cron is never guessed)',
      helpValue: 'KIND',
      options: ['web', 'worker', 'static', 'cron'],
    }),
    start: string({ description: 'Command that starts it (default: guessed)', helpValue: 'COMMAND' }),
    schedule: string({ description: 'Of kind cron, which needs it: when it runs', helpValue: 'CRON' }),
    force: boolean({ description: 'Replace an app.yaml; its settings are kept, its comments are not' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppInit);
    const session = await this.open(flags);
    const { directory } = args;
    if (!flags.force) await assertNoAppFile(directory);
    const body = await deploymentRequest(session, directory, flags);
    const plan = await fetchPlan(session, body);
    // A command that is given can be run differently from the same one that is found: then the file leaves it to be found.
    const again = await fetchPlan(session, {
      ...body,
      settings: { ...body.settings, kind: plan.settings.kind ?? 'web', start: plan.start },
    });
    const writesStart = again.start === plan.start && again.kind === plan.kind;
    const { environment, team, settings } = body;
    const text = appFileText(plan, { environment, team, settings, writesStart });
    const path = await writeAppFile(directory, text, { mayReplace: flags.force });
    await session.print(deploymentPlanRecord(plan));
    session.note(`Wrote ${path}; nothing was deployed. To deploy: 'ocpctl app deploy ${directory}'.`);
  }
}

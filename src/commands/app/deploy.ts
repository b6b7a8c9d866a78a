import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { awaitDeployment, fetchPlan, followHint, requestDeployment } from '../../cli/apps/deploy.ts';
import { deploymentRequest } from '../../cli/apps/deployment-request.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { durationMs } from '../../cli/flags/flag-values.ts';
import { numberFlag } from '../../cli/flags/number-flag.ts';
import {
  IDEMPOTENCY_KEY_FLAG,
  REPEATED_FLAG,
  WAIT_TIMEOUT_FLAG,
  waitFlag,
} from '../../cli/flags/shared-flags.ts';
import { serviceRecord } from '../../render/app.ts';
import { deploymentPlanRecord } from '../../render/app-plan.ts';

export default class AppDeploy extends BaseCommand {
  static override summary = 'Deploy a directory and print its URL';
  static override description =
    'Uploads the directory, finds out how to build and start it, and sends requests to the new instances when they answer; until then and if they fail, the release before stays live. Settings can be kept in app.yaml; flags win. Files that .gitignore or .ocpctlignore name, .git, node_modules and .env are left out.';
  static override examples = [
    '<%= config.bin %> app deploy ./my-app',
    '<%= config.bin %> app deploy ./my-app --plan',
    '<%= config.bin %> app deploy . --volume data:/data',
    '<%= config.bin %> app deploy . --name api --env staging --replicas 2 --health-path /healthz',
    '<%= config.bin %> app deploy . --kind cron --schedule "0 3 * * *" --timezone Europe/Berlin',
    '<%= config.bin %> app deploy . --env pr-42 --ttl 8h --var-file .env',
    "<%= config.bin %> app deploy . --json --query 'url'",
  ];
  static override waits = true;
  static override args = {
    directory: stringArgument({
      description: 'Directory to deploy (default: .)',
      default: '.',
      ignoreStdin: true,
    }),
  };
  static override flags = {
    name: string({
      description: 'Name of the service (default: from app.yaml, else the directory)',
      helpValue: 'NAME',
    }),
    env: string({
      char: 'e',
      description: 'Environment; made if it does not exist (default: default)',
      helpValue: 'NAME',
    }),
    team: string({ description: 'Team (default: yours)', helpValue: 'TEAM' }),
    plan: boolean({ description: 'Show what would be done and why, and change nothing' }),
    kind: string({
      description: 'Kind of service: web, worker, static or cron (default: guessed; cron is never guessed)',
      helpValue: 'KIND',
      options: ['web', 'worker', 'static', 'cron'],
    }),
    root: string({ description: 'Directory of the service in the source', helpValue: 'PATH' }),
    build: string({ description: 'Command that builds it (default: guessed)', helpValue: 'COMMAND' }),
    start: string({ description: 'Command that starts it (default: guessed)', helpValue: 'COMMAND' }),
    replicas: numberFlag({
      description: 'Number of instances, 0 to 10 (default: as now, else 1)',
      helpValue: 'N',
      min: 0,
      max: 10,
    }),
    memory: numberFlag({
      description: 'Memory of an instance in MiB, 16 to 65536',
      helpValue: 'MIB',
      min: 16,
      max: 65_536,
    }),
    'health-path': string({
      description:
        'Path that answers 2xx or 3xx when an instance can serve (default: a TCP connection is enough)',
      helpValue: 'PATH',
    }),
    volume: string({
      description:
        'Volume for its data, made if it does not exist: one instance, which stops before the next one starts',
      helpValue: 'NAME:PATH',
    }),
    schedule: string({
      description: 'Of kind cron, when it runs: minute, hour, day, month and weekday, or such as @daily',
      helpValue: 'CRON',
    }),
    timezone: string({ description: 'IANA time zone of the schedule (default: UTC)', helpValue: 'ZONE' }),
    'run-timeout': string({
      description:
        'Of kind cron: a run that takes longer is stopped and has failed, at most 24h (default: 1h)',
      helpValue: 'DURATION',
    }),
    var: string({
      description: 'Variable of the service, set before it is deployed; can be repeated',
      helpValue: 'NAME=VALUE',
      ...REPEATED_FLAG,
    }),
    'var-file': string({
      description: 'The same from a file of NAME=VALUE lines such as .env, or - for stdin',
      helpValue: 'FILE',
    }),
    ttl: string({
      description: 'When this creates the environment: destroy it after this time (default: never)',
      helpValue: 'DURATION',
    }),
    ...waitFlag('it is live'),
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppDeploy);
    const session = await this.open(flags);
    const timeoutMs = durationMs('timeout', flags.timeout);
    if (flags.wait) session.waitThroughOutages(timeoutMs);
    const body = await deploymentRequest(session, args.directory, flags);
    const plan = await fetchPlan(session, body);
    if (flags.plan) {
      await session.print(deploymentPlanRecord(plan));
      session.note('Only a plan: nothing was changed.');
      return;
    }
    for (const { what, why } of plan.facts) session.note(`${what} (${why})`);
    if (plan.createsEnvironment)
      session.note(
        `Environment ${plan.environment} is new: ${flags.ttl === undefined ? 'it does not expire' : `it is destroyed after ${flags.ttl}`}.`,
      );
    const accepted = await requestDeployment(session, body, flags);
    const { service, deployment } = accepted;
    if (!flags.wait) {
      await session.print(serviceRecord(service, session.io.now()));
      session.note(`Accepted: ${followHint(service, [accepted.job.id])}.`);
      return;
    }
    const live = await awaitDeployment(session, accepted, timeoutMs);
    await session.print(serviceRecord(live, session.io.now()));
    session.note(
      `Release ${live.release} of ${live.name} is live (deployment ${deployment.number})${live.url === null ? '' : `: ${live.url}`}`,
    );
    const downtime = live.deployment?.downtimeSeconds ?? null;
    if (downtime !== null)
      session.note(`It did not serve for ${downtime.toFixed(1)} s: one instance at a time has its volume.`);
  }
}

import { string } from '@oclif/core/flags';
import { assertNotDestroyed, createUnlessTaken, ifNotExistsFlag } from '../../../cli/apps/if-not-exists.ts';
import { resolveEnvironment } from '../../../cli/apps/resolve-service.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { durationHours, omitUndefined } from '../../../cli/flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../../../cli/flags/shared-flags.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import { environmentRecord } from '../../../render/app-environment.ts';

export default class AppEnvCreate extends BaseCommand {
  static override summary = 'Create an environment for services';
  static override examples = [
    '<%= config.bin %> app env create staging',
    '<%= config.bin %> app env create review-42 --ttl 8h',
    '<%= config.bin %> app env create review-42 --if-not-exists',
  ];
  static override args = { name: requiredArgument('Name of the environment') };
  static override flags = {
    ttl: string({
      description: 'Destroy it with everything in it after this time (default: never)',
      helpValue: 'DURATION',
    }),
    team: string({ description: 'Team (default: yours)', helpValue: 'TEAM' }),
    ...ifNotExistsFlag('environment'),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppEnvCreate);
    const session = await this.open(flags);
    const ttlHours = flags.ttl === undefined ? undefined : durationHours('ttl', flags.ttl);
    const created = await createUnlessTaken(flags, () =>
      sendOnce({ flags, check: 'ocpctl app env list' }, (key) =>
        session.client.POST('/v1/app/environments', {
          params: { header: { 'idempotency-key': key } },
          body: { name: args.name, ...omitUndefined({ team: flags.team, ttlHours }) },
        }),
      ),
    );
    const environment =
      created?.data.environment ?? (await resolveEnvironment(session.client, args.name, flags));
    assertNotDestroyed('environment', environment);
    await session.print(environmentRecord(environment, session.io.now()));
    if (created !== undefined) return;
    session.note(`Environment ${args.name} exists already; nothing was changed.`);
    if (flags.ttl !== undefined)
      session.note(`To change its expiry: 'ocpctl app env extend ${args.name} --until ${flags.ttl}'.`);
  }
}

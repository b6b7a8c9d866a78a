import { string as stringArgument } from '@oclif/core/args';
import { boolean, string } from '@oclif/core/flags';
import { resolveOrphanId, submitSweep, waitUntilSwept } from '../../../cli/admin/orphans.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { CliError, UsageError } from '../../../cli/errors/cli-error.ts';
import { EXIT } from '../../../cli/errors/exit-codes.ts';
import { waitTimeoutMs } from '../../../cli/flags/flag-values.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG } from '../../../cli/flags/shared-flags.ts';
import { confirmNames } from '../../../cli/output/prompt.ts';
import type { OrphanSweeps } from '../../../contract/documents.ts';
import { orphanSweeps, sweepPlan } from '../../../render/orphan-sweep.ts';

export default class AdminOrphansSweep extends BaseCommand {
  static override summary = 'Remove the cloud resources of orphans';
  static override description =
    'Everything is read again before anything is removed; a sweep fails without a change if something differs from what the scans saw. An orphan becomes SWEPT only when the cloud reports that nothing is left.';
  static override examples = [
    '<%= config.bin %> admin orphans sweep demo-x7k2p --dry-run',
    '<%= config.bin %> admin orphans sweep demo-x7k2p --reason "ticket 4711" --yes --wait',
  ];
  static override waits = true;
  static override args = {
    orphan: stringArgument({
      description: 'Id or infraID of an orphan',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    reason: string({
      description: 'Reason, recorded in the audit log; required except with --dry-run',
      helpValue: 'TEXT',
    }),
    yes: boolean({ char: 'y', description: 'Skip the confirmation prompt' }),
    confirm: string({
      description: 'Confirm by infraID instead of the prompt; can be repeated',
      helpValue: 'INFRAID',
      multiple: true,
      multipleNonGreedy: true,
    }),
    wait: boolean({ description: 'Wait until nothing is left' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AdminOrphansSweep);
    if (flags.reason === undefined && !flags['dry-run'])
      throw new UsageError('sweep requires --reason', { hint: "for example --reason 'ticket 4711'" });
    const session = await this.open(flags);
    const timeoutMs = waitTimeoutMs(flags);
    const { client } = session;
    const orphans = [];
    const ids = new Set<string>();
    for (const reference of args.orphan) ids.add(await resolveOrphanId(client, reference));
    for (const id of ids) {
      orphans.push((await client.GET('/v1/admin/orphans/{id}', { params: { path: { id } } })).data.orphan);
    }
    if (flags['dry-run']) {
      const plan = await submitSweep(client, orphans, flags);
      await session.print(sweepPlan(plan));
      session.note('Dry run: nothing was changed.');
      return assertNotRefused(plan);
    }
    await confirmNames(session.io, session.promptPolicy, {
      names: orphans.map(({ infraId }) => infraId),
      action: 'sweep',
      yes: flags.yes,
      confirm: flags.confirm ?? [],
    });
    const accepted = await submitSweep(client, orphans, flags);
    if (flags.wait) {
      session.waitThroughOutages();
      return session.print(orphanSweeps(await waitUntilSwept(session, accepted, timeoutMs)));
    }
    await session.print(orphanSweeps(accepted));
    const jobs = accepted.items.flatMap(({ job }) => job?.id ?? []);
    session.note(`Accepted. To follow: ${jobs.map((id) => `'ocpctl logs ${id} --follow'`).join(', ')}.`);
  }
}

/** As the sweep itself would end. */
function assertNotRefused({ items }: OrphanSweeps): void {
  const refused = items.flatMap(({ refusal }) => refusal ?? []);
  const [first] = refused;
  if (first === undefined) return;
  throw new CliError('STATE_CONFLICT', refused.map(({ message }) => message).join('; '), {
    exitCode: EXIT.conflict,
  });
}

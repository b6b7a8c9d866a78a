import { BaseCommand } from '../cli/base-command.ts';
import { readContexts } from '../cli/config/context-file.ts';
import { CliError } from '../cli/errors/cli-error.ts';
import { EXIT } from '../cli/errors/exit-codes.ts';
import { doctorList } from '../render/doctor.ts';

export default class Doctor extends BaseCommand {
  static override summary = 'Check that this host can use the server';
  static override description =
    'Checks Node, configuration, kubectl or oc, the server and the proxy to it, credentials, clock, versions and grants, and says what to do about each problem. Exits with code 11 if a check failed.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --context work --json'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Doctor);
    let unreadable: unknown;
    const file = await readContexts().catch((error: unknown) => {
      unreadable = error;
      return { contexts: {}, settings: {} };
    });
    const session = await this.open(flags, file);
    const { examine } = await import('../cli/doctor.ts');
    const checks = await examine(session, this.config.version, unreadable);
    await session.print(doctorList(checks));
    const failed = checks.filter(({ result }) => result === 'failed').map(({ check }) => check);
    if (failed.length === 0) return;
    throw new CliError('PROBLEMS_FOUND', `checks failed: ${failed.join(', ')}`, {
      exitCode: EXIT.problemsFound,
    });
  }
}

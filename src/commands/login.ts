import { BaseCommand } from '../cli/base-command.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { identityRecord } from '../render/identity.ts';

export default class Login extends BaseCommand {
  static override summary = 'Sign in with AWS credentials';
  static override description = 'A session lasts up to 15 minutes; later commands renew it automatically.';
  static override examples = [
    '<%= config.bin %> login',
    '<%= config.bin %> login --context prod --aws-profile work',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(Login);
    const session = await this.open(flags);
    if (session.aws === undefined) {
      throw new UsageError('this context uses server keys; signing in is not needed', {
        hint: "to use AWS credentials: 'ocpctl context add NAME --auth sts --server URL'",
      });
    }
    const { endsAt } = await session.aws.signIn();
    session.noteChange();
    const { data } = await session.client.GET('/v1/whoami');
    await session.print(identityRecord(data, session.connection));
    session.note(`Signed in until ${endsAt}. Commands renew the session automatically.`);
    if (data.grants.length === 0)
      session.note(
        `No grants: ask an admin to run 'ocpctl admin grants add ${data.principal} --role ROLE --team TEAM'.`,
      );
  }
}

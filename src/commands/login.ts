import { BaseCommand } from '../cli/base-command.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { identityRecord } from '../render/identity.ts';

export default class Login extends BaseCommand {
  static override description = 'Sign in to the server with AWS credentials, for a quarter of an hour';
  static override examples = [
    '<%= config.bin %> login',
    '<%= config.bin %> login --context prod --aws-profile work',
  ];

  async run(): Promise<void> {
    const { flags } = await this.parse(Login);
    const session = await this.open(flags);
    if (session.aws === undefined) {
      throw new UsageError('this context signs with keys: there is nothing to sign in to', {
        hint: 'ocpctl context add NAME --auth sts --server URL',
      });
    }
    const { endsAt } = await session.aws.signIn();
    const { data } = await session.client.GET('/v1/whoami');
    await session.print(identityRecord(data, session.connection));
    session.note(`Signed in until ${endsAt}; commands renew it by themselves.`);
    if (data.grants.length === 0)
      session.note(`You may do nothing here yet: an admin has to grant something to ${data.principal}.`);
  }
}

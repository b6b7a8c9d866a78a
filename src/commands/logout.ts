import { BaseCommand } from '../cli/base-command.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { idempotencyKey } from '../client/api-client.ts';
import { signedOutRecord } from '../render/identity.ts';

export default class Logout extends BaseCommand {
  static override summary = 'Sign out';
  static override description = 'Ends the session on the server and deletes its keys from this machine.';
  static override examples = ['<%= config.bin %> logout', '<%= config.bin %> logout --context prod'];

  async run(): Promise<void> {
    const { flags } = await this.parse(Logout);
    const session = await this.open(flags);
    if (session.aws === undefined) {
      throw new UsageError('this context uses server keys; there is no session to end', {
        hint: "to remove the keys from this machine: 'ocpctl context remove NAME'",
      });
    }
    const live = await session.aws.peek();
    if (live !== undefined) {
      const params = { header: { 'idempotency-key': idempotencyKey() } };
      try {
        await session.client.DELETE('/v1/auth/sessions/current', { params });
      } finally {
        await session.aws.forget();
      }
    }
    await session.print(signedOutRecord(live?.principal ?? null, session.connection));
  }
}

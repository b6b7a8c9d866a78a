import { boolean } from '@oclif/core/flags';
import { BaseCommand } from '../../../cli/base-command.ts';
import { UsageError } from '../../../cli/errors/cli-error.ts';
import { waitTimeoutMs } from '../../../cli/flags/flag-values.ts';
import { DRY_RUN_FLAG, IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG } from '../../../cli/flags/shared-flags.ts';
import { interruptibleWait } from '../../../cli/jobs/interruptible-wait.ts';
import { sendOnce } from '../../../cli/send-once.ts';
import type { ApiClient } from '../../../client/api-client.ts';
import type { SecretKeysDocument } from '../../../contract/documents.ts';
import { secretKeyList } from '../../../render/keys.ts';

const POLL_MS = 1_000;

export default class AdminSecretsRotate extends BaseCommand {
  static override summary = 'Rotate the key that encrypts secrets';
  static override description = 'Adds a key, rewraps every secret with it, then removes the old key.';
  static override examples = [
    '<%= config.bin %> admin secrets rotate',
    '<%= config.bin %> admin secrets rotate --wait',
  ];
  static override waits = true;
  static override flags = {
    wait: boolean({ description: 'Wait until the old key is removed' }),
    ...DRY_RUN_FLAG,
    ...IDEMPOTENCY_KEY_FLAG,
    ...WAIT_TIMEOUT_FLAG,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(AdminSecretsRotate);
    const session = await this.open(flags);
    const dryRun = flags['dry-run'];
    if (dryRun && flags.wait) throw new UsageError('--dry-run and --wait cannot be used together');
    const timeoutMs = waitTimeoutMs(flags);
    const { data } = await sendOnce({ flags, check: 'ocpctl admin secrets status' }, (key) =>
      session.client.POST('/v1/admin/secrets/rotate', {
        params: { query: { dryRun }, header: { 'idempotency-key': key } },
      }),
    );
    const options = {
      timeoutMs,
      what: 'the rotation continues',
      resumeCommand: 'ocpctl admin secrets status',
    };
    const keys = flags.wait
      ? await interruptibleWait(options, (signal) => waitForOneKey(session.client, signal))
      : data;
    await session.print(secretKeyList(keys, session.io.now()));
    if (dryRun) session.note('Dry run: the key can be rotated; nothing was changed.');
  }
}

/** The rotation is done when only the new key is left. */
async function waitForOneKey(client: ApiClient, signal: AbortSignal): Promise<SecretKeysDocument> {
  for (;;) {
    const { data } = await client.GET('/v1/admin/secrets', { signal });
    if (data.pending === 0 && data.items.length === 1) return data;
    await client.clock.sleep(POLL_MS, signal);
  }
}

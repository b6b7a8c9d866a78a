import type { SecretsManagerClient, SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../../clock.ts';
import { AppError, SetupError, systemCodeOf } from '../../errors.ts';
import { type SecretId, type SecretStore, SecretUnreadableError } from '../secret-store.ts';

export interface SecretsManagerOptions {
  readonly region: string;
  readonly endpoint?: string | undefined;
  /** Prefix of the names (default `ocpctl`). */
  readonly prefix?: string;
  /** KMS key; by default the AWS managed key of the account. */
  readonly kmsKeyId?: string | undefined;
  /** Days in which a deleted secret can be restored: 7 (default) to 30. */
  readonly recoveryDays?: number;
  readonly credentials?: NonNullable<SecretsManagerClientConfig['credentials']>;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** AWS does not answer, or denies access. The message names the secret and contains nothing of it. */
class SecretsUnavailableError extends AppError {
  constructor(what: string, cause: unknown) {
    super('UNAVAILABLE', `${what}: ${nameOf(cause)}`, { retryAfterSeconds: 5, cause });
  }
}

const NAME_PART = /^[A-Za-z0-9_.-]{1,128}$/;
const MAX_ATTEMPTS = 5;
const PUT_TRIES = 5;
const PUT_PAUSE_MS = 1_000;

/**
 * Secrets in AWS Secrets Manager, as `PREFIX/OWNER/KIND`. The connection parameter is not used, so nothing is undone when the
 * transaction of the caller rolls back: a value that was put stays until the retry replaces it, and a removed secret can be restored
 * within its recovery days. All methods can be repeated. KMS rotates its keys itself, so the store has no `keys`.
 */
export function secretsManagerStore(options: SecretsManagerOptions): SecretStore {
  const { prefix = 'ocpctl', recoveryDays = 7, kmsKeyId, clock } = options;
  const idOf = ({ ownerId, kind }: SecretId): string => {
    for (const part of [ownerId, kind]) {
      if (!NAME_PART.test(part))
        throw new TypeError(`invalid part of a secret name: ${JSON.stringify(part)}`);
    }
    return `${prefix}/${ownerId}/${kind}`;
  };
  let opened: Promise<SecretsManagerClient> | undefined;
  const client = (): Promise<SecretsManagerClient> => {
    opened ??= openClient(options);
    return opened;
  };

  return {
    async put(_q, secretId, plaintext) {
      const write = { client: await client(), id: idOf(secretId), plaintext, kmsKeyId };
      await orUnavailable(secretId, 'stored', async () => {
        for (let tries = 1; !(await putOnce(write)); tries++) {
          if (tries === PUT_TRIES) throw new Error('its deletion is still in progress');
          await clock.sleep(PUT_PAUSE_MS * tries);
        }
      });
    },
    async open(_q, secretId) {
      const id = idOf(secretId);
      const manager = await client();
      return orUnavailable(secretId, 'read', () => openSecret(manager, id, secretId));
    },
    async remove(_q, secretId) {
      const id = idOf(secretId);
      const manager = await client();
      return orUnavailable(secretId, 'removed', async () => {
        if (!(await secretExists(manager, id))) return false;
        const { DeleteSecretCommand } = await import('@aws-sdk/client-secrets-manager');
        await manager.send(new DeleteSecretCommand({ SecretId: id, RecoveryWindowInDays: recoveryDays }));
        return true;
      });
    },
    async assertKeysPresent() {
      try {
        await secretExists(await client(), `${prefix}/ocpctl-start-up-check`);
      } catch (error) {
        throw new SetupError(`AWS Secrets Manager in ${options.region} cannot be used: ${nameOf(error)}`, {
          hint: `a worker's AWS principal needs the secretsmanager actions of deploy/aws/worker-policy.json on ${prefix}/*; an API's, those of api-policy.json`,
          cause: error,
        });
      }
    },
  };
}

async function openClient({
  region,
  endpoint,
  credentials,
}: SecretsManagerOptions): Promise<SecretsManagerClient> {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  return new SecretsManagerClient({
    region,
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

interface Write {
  readonly client: SecretsManagerClient;
  readonly id: string;
  readonly plaintext: Uint8Array;
  readonly kmsKeyId: string | undefined;
}

/** @returns false when the secret is being deleted or restored and the write has to be repeated */
async function putOnce({ client, id, plaintext, kmsKeyId }: Write): Promise<boolean> {
  const { CreateSecretCommand, PutSecretValueCommand, RestoreSecretCommand } = await import(
    '@aws-sdk/client-secrets-manager'
  );
  try {
    await client.send(new PutSecretValueCommand({ SecretId: id, SecretBinary: plaintext }));
    return true;
  } catch (error) {
    if (isCode(error, 'InvalidRequestException')) {
      // Deleted earlier, within its recovery days.
      await client.send(new RestoreSecretCommand({ SecretId: id })).catch(ignoreMissing);
      return false;
    }
    ignoreMissing(error);
  }
  try {
    const key = kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId };
    await client.send(new CreateSecretCommand({ Name: id, SecretBinary: plaintext, ...key }));
    return true;
  } catch (error) {
    // Another writer was first, or a forced deletion is still in progress.
    if (isCode(error, 'ResourceExistsException') || isCode(error, 'InvalidRequestException')) return false;
    throw error;
  }
}

async function openSecret(
  client: SecretsManagerClient,
  id: string,
  secretId: SecretId,
): Promise<Buffer | undefined> {
  const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
  try {
    const { SecretBinary, SecretString } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    // A secret that was created in the console has a string.
    return SecretBinary === undefined ? Buffer.from(SecretString ?? '') : Buffer.from(SecretBinary);
  } catch (error) {
    if (isCode(error, 'ResourceNotFoundException')) return undefined;
    if (isCode(error, 'InvalidRequestException') && !(await secretExists(client, id))) return undefined;
    if (isCode(error, 'DecryptionFailure'))
      throw new SecretUnreadableError(secretId, 'KMS denies access to its key', error);
    throw error;
  }
}

/** Whether the secret exists and is not scheduled for deletion. */
async function secretExists(client: SecretsManagerClient, id: string): Promise<boolean> {
  const { DescribeSecretCommand } = await import('@aws-sdk/client-secrets-manager');
  try {
    return (await client.send(new DescribeSecretCommand({ SecretId: id }))).DeletedDate === undefined;
  } catch (error) {
    ignoreMissing(error);
    return false;
  }
}

async function orUnavailable<T>(
  { ownerId, kind }: SecretId,
  verb: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SecretUnreadableError) throw error;
    throw new SecretsUnavailableError(`the secret ${kind} of ${ownerId} could not be ${verb}`, error);
  }
}

const nameOf = (thrown: unknown) =>
  systemCodeOf(thrown) ?? (thrown instanceof Error ? thrown.name : 'unknown failure');
const isCode = (thrown: unknown, code: string) => thrown instanceof Error && thrown.name === code;

function ignoreMissing(thrown: unknown): undefined {
  if (isCode(thrown, 'ResourceNotFoundException')) return undefined;
  throw thrown;
}

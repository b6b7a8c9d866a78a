import { join } from 'node:path';
import type { ArtifactStore } from '../kernel/artifacts/artifact-store.ts';
import { directoryStore } from '../kernel/artifacts/directory-store.ts';
import { s3Store } from '../kernel/artifacts/s3/s3-store.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf, SetupError } from '../kernel/errors.ts';
import { secretsManagerStore } from '../kernel/secrets/aws/secrets-manager.ts';
import type { SecretStore } from '../kernel/secrets/secret-store.ts';
import { withRedaction } from '../kernel/secrets/with-redaction.ts';
import type { KernelConfig } from '../kernel/settings/kernel-settings.ts';
import { parseS3Location } from '../kernel/settings/setting-values.ts';
import type { Redactor } from '../kernel/telemetry/redaction.ts';

/** The artifact store that is configured; nothing is read yet. */
export function artifactStore(config: KernelConfig): ArtifactStore {
  const { artifactsKmsKey: kmsKeyId, awsRegion: region, awsEndpoint: endpoint } = config;
  const location = parseS3Location(config.artifacts);
  if (location === undefined) return directoryStore(join(config.dataDir, 'artifacts'));
  return s3Store({ ...location, region, endpoint, kmsKeyId });
}

/** @throws SetupError when the bucket does not answer: a worker must not begin what it could not undo */
export async function checkArtifactStore(store: ArtifactStore, config: KernelConfig): Promise<void> {
  try {
    await store.head('ocpctl-start-up-check');
  } catch (error) {
    throw new SetupError(
      `the artifact store ${config.artifacts} in ${config.awsRegion} cannot be used: ${messageOf(error)}`,
      {
        hint: "the worker's AWS principal needs the s3 actions of deploy/aws/worker-policy.json on it",
        cause: error,
      },
    );
  }
}

/**
 * Where secrets of managed resources are kept. Access keys stay sealed in the database: every request opens one.
 * @throws SetupError when Secrets Manager does not answer
 */
export async function openResourceSecrets(
  config: KernelConfig,
  db: Db,
  sealed: SecretStore,
  redactor: Redactor,
): Promise<SecretStore> {
  if (config.secrets === 'sealed') return sealed;
  const { secretsKmsKey: kmsKeyId, awsRegion: region, awsEndpoint: endpoint } = config;
  const store = secretsManagerStore({ region, endpoint, kmsKeyId, clock: systemClock });
  await store.assertKeysPresent(db);
  return withRedaction(store, redactor.register);
}

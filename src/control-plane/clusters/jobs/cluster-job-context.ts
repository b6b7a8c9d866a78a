import type { ArtifactStore } from '../../kernel/artifacts/artifact-store.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { NewId } from '../../kernel/ids.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { Clouds } from '../clouds/clouds.ts';
import type { CredentialTool, CredentialToolName } from '../installer/credential-tools.ts';
import type { Installers } from '../installer/installers.ts';
import type { Profiles } from '../profiles/load-profiles.ts';

/** Everything that jobs on clusters work with; made once, by the composition root. */
export interface ClusterJobContext {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly secrets: SecretStore;
  readonly artifacts: ArtifactStore;
  readonly clouds: Clouds;
  readonly profiles: Profiles;
  readonly newId: NewId;
  readonly clock: Clock;
  /** Install directories are made below it. */
  readonly workDir: string;
  /** The built guard. */
  readonly guardPath: string;
  /** PATH of the installer. */
  readonly searchPath: string;
  readonly leaseMs: number;
  /** Between SIGTERM and SIGKILL for an installer that was told to stop. */
  readonly killAfterMs: number;
  readonly minFreeDiskMb: number;
  readonly snapshotIntervalMs: number;
  readonly createTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly installers: Installers;
  /** What an operator adds to the installer's environment: proxies, trusted roots, switches of the installer. */
  readonly installerVariables: Readonly<Record<string, string>>;
  /** @throws InstallerError CREDENTIAL_TOOL_MISSING when this worker does not have it. */
  credentialTool(name: CredentialToolName): Promise<CredentialTool>;
  /** The JSON text of the pull secret. */
  pullSecret(): Promise<string>;
  readonly redactor: { register(value: string): void; redactLine(line: string): string };
}

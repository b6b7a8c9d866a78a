import type { ArtifactStore } from '../../kernel/artifacts/artifact-store.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { NewId } from '../../kernel/ids.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { WorkerGuard } from '../../kernel/process/worker-guard.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { InstallationKey } from '../../kernel/signing/installation-key.ts';
import type { Clouds } from '../clouds/clouds.ts';
import type { CredentialTool, CredentialToolName } from '../installer/credential-tools.ts';
import type { Installers } from '../installer/installers.ts';
import type { Profiles } from '../profiles/load-profiles.ts';
import type { WorkerHost } from './worker-host.ts';

/** The services and settings that cluster jobs use; built once, at start-up. */
export interface ClusterJobContext {
  readonly queue: JobQueue;
  readonly secrets: SecretStore;
  /** The key that signs proofs; made at its first use. */
  installationKey(attempt: JobContext): Promise<InstallationKey>;
  readonly artifacts: ArtifactStore;
  readonly clouds: Clouds;
  readonly profiles: Profiles;
  readonly newId: NewId;
  readonly clock: Clock;
  /** Parent of the install directories. */
  readonly workDir: string;
  /** Runs the programs of all jobs of this process. */
  readonly guard: WorkerGuard;
  /** PATH of the installer. */
  readonly searchPath: string;
  /** Time between SIGTERM and SIGKILL. */
  readonly killAfterMs: number;
  readonly minFreeDiskMb: number;
  readonly snapshotIntervalMs: number;
  readonly createTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly scaleTimeoutMinutes: number;
  /** Time from a failed destroy to the next one; it doubles with each failure. */
  readonly destroyRetryMinutes: number;
  readonly installers: Installers;
  readonly host: WorkerHost;
  /** Variables that an operator adds to the installer's environment: proxies, trusted root certificates, switches. */
  readonly installerVariables: Readonly<Record<string, string>>;
  /** @throws InstallerError CREDENTIAL_TOOL_MISSING when this worker does not have it. */
  credentialTool(name: CredentialToolName): Promise<CredentialTool>;
  /** The JSON text of the pull secret. */
  pullSecret(): Promise<string>;
  /** Of ocpctl. */
  readonly version: string;
  readonly redactor: { register(value: string): void; redactLine(line: string): string };
}

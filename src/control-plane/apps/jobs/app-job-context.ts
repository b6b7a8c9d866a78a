import type { Redactor } from '../../kernel/telemetry/redaction.ts';
import type { AppServices } from '../service/app-services.ts';
import type { AppHost } from '../startup/app-host.ts';
import type { ReleaseSecrets } from './release-secrets.ts';

/** What the jobs and tasks of applications work with. */
export interface AppJobContext extends AppServices {
  readonly host: AppHost;
  readonly redactor: Redactor;
  readonly releaseSecrets: ReleaseSecrets;
  /** For sources while they are unpacked. */
  readonly workDir: string;
  readonly buildTimeoutMs: number;
  /** Pause between two looks at something that is awaited. */
  readonly pollMs: number;
}

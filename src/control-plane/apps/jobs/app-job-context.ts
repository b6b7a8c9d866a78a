import type { Redactor } from '../../kernel/telemetry/redaction.ts';
import type { Builder } from '../builder/builder.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { AppServices } from '../service/app-services.ts';
import type { AppHost } from '../startup/app-host.ts';
import type { ReleaseSecrets } from './release-secrets.ts';

/** What this host runs applications with. */
export interface HostDrivers {
  readonly runtime: Runtime;
  readonly builder: Builder;
}

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

import type { Builder } from '../builder/builder.ts';
import type { PostgresHost } from '../databases/postgres-host.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** What a host runs applications with: the builder builds what the runtime runs. */
export interface HostDrivers {
  readonly runtime: Runtime;
  readonly builder: Builder;
  readonly databases: PostgresHost;
}

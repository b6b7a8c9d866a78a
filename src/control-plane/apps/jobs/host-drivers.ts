import type { Builder } from '../builder/builder.ts';
import type { PostgresHost } from '../databases/postgres-host.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { VolumeDriver } from '../volumes/volume-driver.ts';

/** What `app doctor` shows of a driver. */
export interface DriverReport {
  readonly kind: 'runtime' | 'builder';
  readonly name: string;
  readonly usable: boolean;
  readonly selected: boolean;
  readonly facts: readonly string[];
  readonly remedy: string | null;
}

/** To open them starts nothing; `probe` runs programs, with podman a container. */
export interface OpenedDrivers {
  readonly chosen: HostDrivers;
  readonly probe: () => Promise<readonly DriverReport[]>;
}

/** What a host runs applications with: the builder builds what the runtime runs. */
export interface HostDrivers {
  readonly runtime: Runtime;
  readonly builder: Builder;
  readonly databases: PostgresHost;
  readonly volumes: VolumeDriver;
}

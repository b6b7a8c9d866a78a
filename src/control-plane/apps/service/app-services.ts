import type { ArtifactStore } from '../../kernel/artifacts/artifact-store.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { NewId } from '../../kernel/ids.ts';
import type { Dispatcher } from '../../kernel/jobs/dispatcher.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import type { ResourceDefaults } from '../policy/service-settings.ts';

export interface AppLimits {
  readonly servicesPerTeam: number;
  readonly instancesPerTeam: number;
  readonly memoryMbPerTeam: number;
  readonly volumeGibPerTeam: number;
}

/** What the operations and jobs of applications work with. */
export interface AppServices {
  readonly db: Db;
  readonly queue: JobQueue;
  readonly dispatcher: Dispatcher;
  readonly secrets: SecretStore;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: AppLimits;
  readonly defaults: ResourceDefaults;
  /** What runs instances. */
  readonly runtime: 'process' | 'podman';
  /** Host names of services are below it. */
  readonly domain: string;
  /** Longest time between two reads of a followed log when no wake-up comes. */
  readonly followPollMs: number;
}

/** Followers of the log of a service, and the edges, are woken under these names. */
export const logTopic = (serviceId: string) => `log:${serviceId}`;
export const EDGE_TOPIC = 'app-edge';

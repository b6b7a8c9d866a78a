import type { Caller } from '../caller.ts';
import type { Queryable } from '../db/db.ts';
import type { JobHandler } from '../jobs/job.ts';
import type { RetentionRule } from '../retention/retention-rule.ts';
import type { ServerRole } from '../settings/kernel-settings.ts';
import type { ModuleSettings } from '../settings/setting.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import type { GaugeSource } from '../telemetry/gauge-source.ts';
import type { MetricSet } from '../telemetry/metrics.ts';
import type { Handlers } from './handler.ts';
import type { Infrastructure } from './infrastructure.ts';

/** Limits and usage of teams, as fields of their entries in the answer of `GET /v1/quota`. The names of fields are unique among modules. */
export type TeamQuotas = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** Reads the resource as the API shows it, for answers that tell of a job and its resource. Its team was checked. */
export type ReadResource = (db: Queryable, resourceId: string) => Promise<unknown>;

/** What a module runs in every process that has the role, for as long as it lives: a listener of its own. */
export interface ModuleService {
  readonly role: ServerRole;
  /** What it counts itself (default: nothing); registered before it is started. */
  readonly metrics?: MetricSet;
  start(): Promise<RunningService>;
}

export interface RunningService {
  /** Where it is reached, for who started the server. */
  readonly address: string;
  /** What is not as it was asked for, in a few words (default: nothing). */
  readonly note?: string;
  /** What is in progress gets `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/**
 * A kind of managed thing on the kernel. The composition lists the modules; HTTP, workers and the janitor serve all of them and name
 * none. By convention the API calls the id of a resource `${kind}Id`, its name `${kind}Name`, and its document `${kind}`.
 */
export interface Module {
  readonly kind: string;
  /** Handlers by operation id of openapi.yaml. */
  readonly operations: Handlers;
  readonly jobs: readonly JobHandler[];
  readonly tasks: readonly PeriodicTask[];
  readonly gauges: readonly GaugeSource[];
  readonly retention: readonly RetentionRule[];
  /** By the kind of resource that jobs work on, which is the first part of their type: `thing` of `thing.create`. */
  readonly resources: Readonly<Record<string, ReadResource>>;
  /** @param team only this one; undefined: the caller's teams, or those with resources for callers who see all teams */
  quotas(caller: Caller, team: string | undefined): Promise<TeamQuotas>;
  /** The directory of its own that it has on the host of a worker (default: none). */
  readonly directory?: string;
  /** Started when the server is ready (default: none). */
  readonly services?: readonly ModuleService[];
  /** Ends what the module runs beside its jobs and tasks (default: nothing). Called when the server stops. */
  close?(): Promise<void>;
}

/** What the composition lists: the settings of a module, and how it is opened. */
export interface ModuleDefinition<Config extends object = object> {
  readonly kind: string;
  readonly settings: ModuleSettings<Config>;
  /** @param config the settings of the server and of this module */
  /** @throws SetupError when the operator has to change something first */
  open(config: Config, infrastructure: Infrastructure): Promise<Module>;
}

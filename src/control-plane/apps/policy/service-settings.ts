import * as z from 'zod';

/** Data that outlives instances: a volume of the environment, and where its instance has it. */
export const volumeSettings = z.object({ name: z.string(), path: z.string() });
export type VolumeSettings = z.infer<typeof volumeSettings>;

const SERVICE_KINDS = ['web', 'worker', 'static', 'cron'] as const;

/** What a user may set of a service: `app.yaml`, flags, and `settings` of a deployment. The contract checks the bounds. */
export const serviceSettings = z.object({
  kind: z.enum(SERVICE_KINDS).exactOptional(),
  root: z.string().exactOptional(),
  build: z.string().exactOptional(),
  start: z.string().exactOptional(),
  replicas: z.int().exactOptional(),
  memoryMb: z.int().exactOptional(),
  cpus: z.number().exactOptional(),
  health: z
    .object({ path: z.string().exactOptional(), startSeconds: z.int().exactOptional() })
    .exactOptional(),
  drainSeconds: z.int().exactOptional(),
  volume: volumeSettings.exactOptional(),
  schedule: z.string().exactOptional(),
  timezone: z.string().exactOptional(),
  timeoutSeconds: z.int().exactOptional(),
});
export type ServiceSettings = z.infer<typeof serviceSettings>;

export type ServiceKind = NonNullable<ServiceSettings['kind']>;

const DEFAULT_START_SECONDS = 120;
const DEFAULT_DRAIN_SECONDS = 30;

/** What an instance of a release is started with, besides its variables. Stored with the release: a rollback restores it. */
export const releaseSettings = z.object({
  /** As the user gave it, for the next deploy without settings. */
  given: serviceSettings,
  kind: z.enum(SERVICE_KINDS),
  command: z.array(z.string()),
  memoryMb: z.int(),
  cpus: z.number(),
  healthPath: z.string().nullable(),
  startSeconds: z.int(),
  drainSeconds: z.int(),
  /** Absent in releases of servers that had no volumes. */
  volume: volumeSettings.nullable().default(null),
});
export type ReleaseSettings = z.infer<typeof releaseSettings>;

export interface ResourceDefaults {
  readonly memoryMb: number;
  readonly cpus: number;
}

/** The settings of the last deploy with those of this one over them. */
export function mergeSettings(before: unknown, given: ServiceSettings): ServiceSettings {
  const last = serviceSettings.parse(before);
  const health = { ...last.health, ...given.health };
  return { ...last, ...given, ...(Object.keys(health).length > 0 ? { health } : {}) };
}

/** @param found what the plan of the build says */
export function settingsOfRelease(
  given: ServiceSettings,
  found: { readonly kind: ServiceKind; readonly command: readonly string[] },
  defaults: ResourceDefaults,
): ReleaseSettings {
  return {
    given,
    kind: found.kind,
    command: [...found.command],
    memoryMb: given.memoryMb ?? defaults.memoryMb,
    cpus: given.cpus ?? defaults.cpus,
    healthPath: given.health?.path ?? null,
    startSeconds: given.health?.startSeconds ?? DEFAULT_START_SECONDS,
    drainSeconds: given.drainSeconds ?? DEFAULT_DRAIN_SECONDS,
    volume: given.volume ?? null,
  };
}

/** A service that listens gets an address and a route at the edge. */
export function listens(kind: string): boolean {
  return kind === 'web' || kind === 'static';
}

/** Tells the program where its volume is: `VOLUME_DATA` for the volume `data`. */
export function volumeVariable(name: string): string {
  return `VOLUME_${name.toUpperCase().replaceAll('-', '_')}`;
}

import type { Cloud } from './cloud.ts';
import { CloudError } from './cloud.ts';

/** The clouds that this server is connected to. */
export interface Clouds {
  /** `sandbox` when everything is simulated. */
  readonly mode: 'sandbox' | 'real';
  readonly connected: readonly Cloud[];
  /** The cloud for new clusters of a platform; undefined if the platform is not connected. */
  forPlatform(platform: string): Cloud | undefined;
  /** @returns the cloud that an existing cluster is in. @throws CloudError CLOUD_NOT_CONNECTED */
  byKind(kind: string): Cloud;
}

/** Real clouds, each for the platform of the same name. */
export function realClouds(clouds: readonly Cloud[]): Clouds {
  const find = (kind: string) => clouds.find((cloud) => cloud.kind === kind);
  return {
    mode: 'real',
    connected: clouds,
    forPlatform: find,
    byKind: (kind) => find(kind) ?? throwNotConnected(kind),
  };
}

/** One simulated cloud for every platform. */
export function sandboxClouds(sandbox: Cloud): Clouds {
  return {
    mode: 'sandbox',
    connected: [sandbox],
    forPlatform: () => sandbox,
    byKind: (kind) => (kind === sandbox.kind ? sandbox : throwNotConnected(kind)),
  };
}

/** A read-back of another cloud would find nothing, and the cluster would be recorded as DESTROYED. */
function throwNotConnected(kind: string): never {
  const how = kind === 'sandbox' ? 'with --sandbox' : `with ${kind} connected`;
  throw new CloudError(
    'CLOUD_NOT_CONNECTED',
    `the cluster is in ${kind}, but this worker is not connected to it`,
    {
      hint: `nothing was changed; start a worker ${how}`,
      retryable: false,
    },
  );
}

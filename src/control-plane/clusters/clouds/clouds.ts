import type { Cloud } from './cloud.ts';
import { CloudError } from './cloud-error.ts';

/** The clouds that this server is connected to. */
export interface Clouds {
  /** `sandbox` when everything is simulated. */
  readonly mode: 'sandbox' | 'real';
  /** Where new clusters of a platform are made; undefined: nowhere, the platform is not connected. */
  forPlatform(platform: string): Cloud | undefined;
  /** @returns the one that a cluster was made in. @throws CloudError CLOUD_NOT_CONNECTED */
  byKind(kind: string): Cloud;
}

/** Real clouds, each for the platform of its name. */
export function realClouds(clouds: readonly Cloud[]): Clouds {
  const find = (kind: string) => clouds.find((cloud) => cloud.kind === kind);
  return { mode: 'real', forPlatform: find, byKind: (kind) => find(kind) ?? throwNotConnected(kind) };
}

/** One simulated cloud for every platform. */
export function sandboxClouds(sandbox: Cloud): Clouds {
  return {
    mode: 'sandbox',
    forPlatform: () => sandbox,
    byKind: (kind) => (kind === sandbox.kind ? sandbox : throwNotConnected(kind)),
  };
}

/** Another cloud than the cluster's would be read back as empty, and the cluster called destroyed. */
function throwNotConnected(kind: string): never {
  const how = kind === 'sandbox' ? 'with --sandbox' : `with ${kind} connected`;
  throw new CloudError(
    'CLOUD_NOT_CONNECTED',
    `the cluster is in ${kind}, and this worker is not connected to it`,
    {
      hint: `run a worker ${how}; nothing was touched`,
      retryable: false,
    },
  );
}

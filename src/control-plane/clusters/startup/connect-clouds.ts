import { join } from 'node:path';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import { systemClock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { CompanionProcess } from '../../kernel/process/companion-process.ts';
import type { Log } from '../../kernel/telemetry/log.ts';
import { awsCloud } from '../clouds/aws/aws-cloud.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { type Clouds, realClouds, sandboxClouds } from '../clouds/clouds.ts';
import { ibmcloudCloud } from '../clouds/ibmcloud/ibmcloud-cloud.ts';
import { sandboxCloud } from '../clouds/sandbox/sandbox-cloud.ts';
import { serveSandboxClusters } from '../clouds/sandbox/sandbox-cluster-api.ts';
import type { ClusterConfig } from '../settings/cluster-settings.ts';

/** How each cloud is connected. */
const CONNECT: Readonly<Record<ClusterConfig['clouds'][number], (config: ClusterConfig) => Cloud>> = {
  aws: (config) =>
    awsCloud({
      regionsDefault: config.awsRegion,
      endpoint: config.awsEndpoint,
      settleMs: config.awsSettleMs,
      credentialsMode: config.awsCredentialsMode,
      clock: systemClock,
      random: Math.random,
    }),
  ibmcloud: ({ ibmcloudApiKey: apiKey, ibmcloudEndpoint: endpoint, ibmcloudSettleMs: settleMs }) =>
    ibmcloudCloud({ apiKey, endpoint, settleMs, clock: systemClock, random: Math.random }),
};

/** Folder of the simulated cloud. */
function sandboxDirectory(dataDir: string): string {
  return join(dataDir, 'sandbox-cloud');
}

/** In the sandbox, the API of its clusters; undefined: real clusters have their own. */
export function startSandboxClusters(
  { sandbox, dataDir, sandboxSpeed: speed }: ClusterConfig,
  { root: packageRoot, log }: Pick<Infrastructure, 'root' | 'log'>,
): CompanionProcess | undefined {
  if (!sandbox) return undefined;
  return serveSandboxClusters({ packageRoot, dir: sandboxDirectory(dataDir), speed, log });
}

/** The clouds of a server: the simulated one, or those that are configured. Nothing is called yet. */
export function connectClouds(config: ClusterConfig): Clouds {
  if (!config.sandbox) return realClouds(config.clouds.map((name) => CONNECT[name](config)));
  const { dataDir, sandboxSpeed: speed, sandboxSettleMs: settleMs, awsCredentialsMode } = config;
  return sandboxClouds(
    sandboxCloud({
      dir: sandboxDirectory(dataDir),
      speed,
      settleMs,
      credentialsMode: awsCredentialsMode,
      clock: systemClock,
    }),
  );
}

/** Logs the account that each real cloud sees this worker as. The worker starts also when a cloud does not answer. */
export async function logCloudIdentities(
  config: ClusterConfig,
  clouds: Clouds,
  log: Pick<Log, 'info' | 'warn'>,
): Promise<void> {
  if (config.sandbox) return;
  for (const name of config.clouds) {
    try {
      log.info({ cloud: name, account: await clouds.byKind(name).account() }, 'cloud connected');
    } catch (error) {
      log.warn({ cloud: name, reason: messageOf(error) }, 'cannot use the cloud');
    }
  }
}

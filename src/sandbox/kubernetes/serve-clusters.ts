import type { Server } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import {
  apiPort,
  apiPortFile,
  listInstalledClusters,
  readInstalledCluster,
} from '../cloud/cluster-folder.ts';
import { openSimulatedCloud } from '../cloud/simulated-cloud.ts';
import { createConnectProxy, listenOn, whoListens } from './api/connect-proxy.ts';
import { type ClusterRuntime, startCluster } from './cluster/cluster-runtime.ts';

/** How soon a new cluster answers and a destroyed one does not. */
const SCAN_MS = 250;
/** How soon another process serves after one that has ended. */
const RETRY_PORT_MS = 500;

export interface ServeOptions {
  /** Folder of the simulated cloud. */
  readonly cloudDir: string;
  /** Factor over the default speed; 0 disables waiting. */
  readonly speed: number;
  /** A line for the log of the server. */
  say(line: string): void;
  readonly signal: AbortSignal;
}

/**
 * Serves the API of all clusters of a cloud until the signal. Of several processes for one cloud, the one that has the port serves, and
 * another follows when it ends.
 */
export async function serveClusters(options: ServeOptions): Promise<void> {
  const { cloudDir, say, signal } = options;
  const clusters = new Map<string, ClusterRuntime>();
  const scan = () => scanClusters(clusters, options);
  const find = (domain: string) => {
    scan();
    return [...clusters.values()].find((cluster) => cluster.domain === domain)?.server;
  };
  const proxy = createConnectProxy(cloudDir, find);
  const port = apiPort(cloudDir);
  if (!(await acquirePort(proxy, port, options))) return;
  say(`the Kubernetes API of sandbox clusters is at 127.0.0.1:${port}`);
  try {
    while (!signal.aborted) {
      scan();
      await setTimeout(SCAN_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    for (const cluster of clusters.values()) cluster.stop();
    proxy.closeAllConnections();
    proxy.close();
  }
}

/** @returns false when the signal came first */
async function acquirePort(
  proxy: Server,
  port: number,
  { cloudDir, say, signal }: ServeOptions,
): Promise<boolean> {
  let said = '';
  while (!signal.aborted) {
    if (await listenOn(proxy, port)) return true;
    const holder = await whoListens(cloudDir, port);
    if (holder !== said && holder === 'other')
      say(
        `port ${port} of the Kubernetes API of sandbox clusters is in use by another program: kubeconfigs do not work until it is free; to use another port for new clusters, change it in ${apiPortFile(cloudDir)} and restart`,
      );
    if (holder !== said && holder === 'same cloud')
      say(`another server of this sandbox serves the Kubernetes API at 127.0.0.1:${port}`);
    said = holder;
    await setTimeout(RETRY_PORT_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}

/** Starts what is new in the folder and stops what is gone. */
function scanClusters(clusters: Map<string, ClusterRuntime>, { cloudDir, speed, say }: ServeOptions): void {
  const present = new Set(listInstalledClusters(cloudDir));
  for (const [infraId, cluster] of clusters) {
    if (present.has(infraId) && readInstalledCluster(cloudDir, infraId) !== undefined) continue;
    cluster.stop();
    clusters.delete(infraId);
  }
  for (const infraId of present) {
    if (clusters.has(infraId)) continue;
    const installed = readInstalledCluster(cloudDir, infraId);
    if (installed === undefined) continue;
    clusters.set(infraId, startCluster(openSimulatedCloud(cloudDir), installed, { speed, now: Date.now }));
    say(`the Kubernetes API of cluster ${infraId} is up`);
  }
}

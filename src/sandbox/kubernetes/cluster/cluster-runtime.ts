import { existsSync } from 'node:fs';
import type { Server } from 'node:https';
import { join } from 'node:path';
import { clusterFolder, type InstalledCluster, writeAtomically } from '../../cloud/cluster-folder.ts';
import { type FolderCloud, resourceFile } from '../../cloud/simulated-cloud.ts';
import { hasErrnoCode, readTextIfPresent } from '../../runtime/optional-files.ts';
import { createClusterServer } from '../api/cluster-server.ts';
import { ObjectStore, type SavedObjects } from '../objects/object-store.ts';
import { installedMachines, zonesOf } from './cluster-zones.ts';
import { type MachineCloud, reconcileMachines } from './machine-controller.ts';
import { reconcileMachineSets } from './machine-set-controller.ts';
import { reconcilePods } from './pod-controller.ts';
import { seedObjects } from './seed-objects.ts';
import { createStageTimer } from './stage-timer.ts';

/** How often the controllers look at the cloud without a reason of their own. */
const RESYNC_MS = 2_000;
/** More rounds in a row than any change needs. */
const MAX_ROUNDS = 50;

export interface ClusterRuntime {
  readonly domain: string;
  /** Its connections come from outside. */
  readonly server: Server;
  stop(): void;
}

/** One running cluster: its objects, its API and its controllers. Objects are saved after each change. */
export function startCluster(
  cloud: FolderCloud,
  installed: InstalledCluster,
  { speed, now }: { readonly speed: number; readonly now: () => number },
): ClusterRuntime {
  const { cluster } = installed;
  const file = join(clusterFolder(cloud.dir, cluster.infraID), 'objects.json');
  const saved = readTextIfPresent(file);
  const store = new ObjectStore(saved === undefined ? undefined : (JSON.parse(saved) as SavedObjects));
  if (saved === undefined) seedObjects(store, installed);
  const timer = createStageTimer(speed, now);
  const made = installedMachines(cluster);
  const context = {
    store,
    installed,
    zones: zonesOf(cluster),
    masters: made.master,
    installedNames: new Set([...made.master, ...made.worker].map(({ name }) => name)),
    cloud: machineCloud(cloud, cluster.infraID),
    timer,
    now,
  };
  let wake: NodeJS.Timeout | undefined;
  let isStopped = false;
  let savedVersion = 0;
  function save(): void {
    if (store.version === savedVersion) return;
    try {
      writeAtomically(file, JSON.stringify(store.save()));
      savedVersion = store.version;
    } catch (thrown) {
      // The cluster was destroyed: its folder is gone.
      if (!hasErrnoCode(thrown, 'ENOENT')) throw thrown;
    }
  }
  async function reconcile(): Promise<void> {
    for (let round = 0, before = -1; round < MAX_ROUNDS && before !== store.version && !isStopped; round++) {
      before = store.version;
      timer.takeNextMs();
      await reconcileMachines(context);
      reconcilePods(store, now());
      reconcileMachineSets(store, now());
    }
    save();
  }
  let isRunning = false;
  let mustRepeat = false;
  function schedule(ms: number): void {
    clearTimeout(wake);
    if (!isStopped) wake = setTimeout(() => void run(), ms);
  }
  async function run(): Promise<void> {
    if (isRunning) {
      mustRepeat = true;
      return;
    }
    isRunning = true;
    mustRepeat = false;
    try {
      await reconcile();
    } catch (thrown) {
      const text = thrown instanceof Error ? thrown.stack : String(thrown);
      process.stderr.write(`cluster ${cluster.infraID}: ${text}\n`);
    }
    isRunning = false;
    schedule(mustRepeat ? 0 : Math.min(timer.takeNextMs() ?? RESYNC_MS, RESYNC_MS));
  }
  const server = createClusterServer(installed, {
    store,
    now,
    onWrite() {
      save();
      schedule(0);
    },
  });
  void run();
  return {
    domain: `api.${cluster.clusterName}.${cluster.baseDomain}`,
    server,
    stop() {
      isStopped = true;
      clearTimeout(wake);
      server.closeAllConnections();
      server.close();
    },
  };
}

function machineCloud(cloud: FolderCloud, infraId: string): MachineCloud {
  const isThere = () => existsSync(join(clusterFolder(cloud.dir, infraId), 'cluster.json'));
  return {
    exists: (instance) => existsSync(resourceFile(cloud.dir, instance)),
    async create(resources) {
      if (!isThere()) return;
      for (const resource of resources) await cloud.create(resource);
      // A destroy removes the folder of the cluster before it lists what to delete.
      if (!isThere()) for (const resource of resources) await cloud.remove(resource);
    },
    async remove(resources) {
      for (const resource of resources) await cloud.remove(resource);
    },
  };
}

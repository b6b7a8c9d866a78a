import { randomBytes, randomInt } from 'node:crypto';
import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { sandboxClusterSchema } from '../assets/sandbox-cluster.ts';
import { hasErrnoCode, listNames, readTextIfPresent } from '../runtime/optional-files.ts';

const certifiedKeySchema = z.object({ certificate: z.string(), key: z.string() });
const installedSchema = z.object({
  cluster: sandboxClusterSchema,
  /** OpenShift version. */
  version: z.string(),
  installedAt: z.iso.datetime(),
  /** Whether nodes of the control plane take workloads. */
  mastersSchedulable: z.boolean(),
  /** PEM certificate of the authority of client certificates. */
  authority: z.string(),
  serving: certifiedKeySchema,
});
/** What the API of an installed cluster needs to know. */
export type InstalledCluster = Readonly<z.infer<typeof installedSchema>>;

const portSchema = z.object({ port: z.int().min(1).max(65_535) });
/** Below the range from which systems take the ports of outgoing connections (32768 to 60999 on Linux). */
const PORTS = { from: 20_000, to: 30_000 } as const;

/** The folder of a cluster's API server, beside its resources: what the installer wrote, and the objects. */
export function clusterFolder(cloudDir: string, infraId: string): string {
  return join(cloudDir, 'clusters', encodeURIComponent(infraId));
}

/** From now on, the API of this cluster answers. */
export function writeInstalledCluster(cloudDir: string, installed: InstalledCluster): void {
  const folder = clusterFolder(cloudDir, installed.cluster.infraID);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeAtomically(join(folder, 'cluster.json'), JSON.stringify(installed));
}

/** The infraIDs of the clusters with an API. */
export function listInstalledClusters(cloudDir: string): string[] {
  return listNames(join(cloudDir, 'clusters')).map(decodeURIComponent);
}

/** @returns undefined if the cluster does not exist, or no longer */
export function readInstalledCluster(cloudDir: string, infraId: string): InstalledCluster | undefined {
  const text = readTextIfPresent(join(clusterFolder(cloudDir, infraId), 'cluster.json'));
  return text === undefined ? undefined : installedSchema.parse(JSON.parse(text));
}

/** The API of this cluster ends: called before its first machine is deleted. */
export function removeInstalledCluster(cloudDir: string, infraId: string): void {
  rmSync(clusterFolder(cloudDir, infraId), { recursive: true, force: true });
}

/** The file that keeps the port of the Kubernetes API of all clusters, so that kubeconfigs stay valid when the server restarts. */
export function apiPortFile(cloudDir: string): string {
  return join(cloudDir, 'kubernetes-api.json');
}

/** The port of the Kubernetes API of this cloud; chosen at the first call. */
export function apiPort(cloudDir: string): number {
  const file = apiPortFile(cloudDir);
  const read = () => {
    const text = readTextIfPresent(file);
    return text === undefined ? undefined : portSchema.parse(JSON.parse(text)).port;
  };
  const known = read();
  if (known !== undefined) return known;
  const draft = `${file}.${randomBytes(8).toString('hex')}.draft`;
  mkdirSync(cloudDir, { recursive: true });
  writeFileSync(draft, `${JSON.stringify({ port: randomInt(PORTS.from, PORTS.to) })}\n`);
  try {
    // Unlike a rename, a link never replaces what another process chose in between.
    linkSync(draft, file);
  } catch (thrown) {
    if (!hasErrnoCode(thrown, 'EEXIST')) throw thrown;
  } finally {
    rmSync(draft, { force: true });
  }
  return apiPort(cloudDir);
}

/** Readers see the old text or the new one. The folder must exist. */
export function writeAtomically(file: string, text: string): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

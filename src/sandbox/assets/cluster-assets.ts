import { apiPort } from '../cloud/cluster-folder.ts';
import { fatal } from '../failures/command-exit.ts';
import { installConfigExit } from '../failures/failure-exit.ts';
import { type CommandRun, failureContextOf } from '../installer/command-run.ts';
import { releaseProblems } from '../installer/sandbox-release.ts';
import type { InstallConfig } from './install-config.ts';
import { addedPools, MANIFEST_FOLDERS } from './manifests.ts';
import { renderInstallerMetadata } from './metadata.ts';
import { InstallConfigError, parseInstallConfig } from './parse-install-config.ts';
import { clusterDomain, clusterFromConfig, type SandboxCluster } from './sandbox-cluster.ts';
import { generatePem, renderKubeconfig } from './secrets.ts';
import {
  completeState,
  type FullState,
  INSTALLER_STATE_FILE,
  type InstallerState,
  loadState,
  newState,
} from './state-file.ts';
import { createAuthority } from './x509.ts';

export const INSTALL_CONFIG = 'install-config.yaml';
export const IGNITION_FILES = ['bootstrap.ign', 'master.ign', 'worker.ign'] as const;
export const KUBECONFIG = 'auth/kubeconfig';
export const KUBEADMIN_PASSWORD = 'auth/kubeadmin-password';

export interface ClusterAssets {
  readonly cluster: SandboxCluster;
  readonly state: FullState;
  /** Where clients reach the API of the cluster: its name is in no DNS. */
  readonly proxyUrl: string;
}

/**
 * The cluster that the directory describes: install-config.yaml if it exists, else the state file. A document that differs from the
 * state, or has none, gets a NEW infraID, even if metadata.json has another.
 * @throws CommandExit 3 for an invalid document, 1 if both are missing
 */
export async function loadAssets(run: CommandRun): Promise<ClusterAssets> {
  const started = await loadInputs(run);
  const config = configOf(started);
  const { state, truncated } = completeState(started, config.metadata.name);
  if (truncated)
    run.log.warning(
      `Length of cluster name "${config.metadata.name}" is longer than 21; truncated for the infraID`,
    );
  const cluster = clusterOf(state);
  run.failureContext = failureContextOf(cluster);
  if (cluster.platform === 'aws') run.log.info('Credentials loaded from default AWS environment variables');
  return { cluster, state, proxyUrl: `http://127.0.0.1:${apiPort(run.cloud.dir)}` };
}

function configOf(state: InstallerState): InstallConfig {
  const { config } = state['*installconfig.InstallConfig'];
  return readConfig(() => parseInstallConfig(JSON.stringify(config)));
}

function clusterOf(state: FullState): SandboxCluster {
  const { UUID: clusterID, InfraID: infraID } = state['*installconfig.ClusterID'];
  const pools = addedPools(state['*manifests.Manifests'] ?? {});
  return clusterFromConfig(configOf(state), { clusterID, infraID }, pools);
}

/** The installer state before it is completed and saved. */
export async function loadInputs(run: CommandRun): Promise<InstallerState> {
  const state = loadState(run.dir);
  const text = run.dir.read(INSTALL_CONFIG);
  await run.injectFaults('config');
  if (text === undefined) {
    if (state !== undefined) return state;
    throw fatal(
      `failed to fetch Metadata: failed to load asset "Install Config": no ${INSTALL_CONFIG} in ${run.dir.path}, and no terminal to ask: EOF`,
    );
  }
  const config = readConfig(() => {
    const parsed = parseInstallConfig(text);
    const problems = releaseProblems(parsed, run.release);
    if (problems.length > 0) throw new InstallConfigError(problems);
    return parsed;
  });
  run.log.info('Consuming Install Config from target directory');
  const known = state?.['*installconfig.InstallConfig'].config;
  return state !== undefined && isSameDocument(known, config) ? state : newState(config);
}

/** Reads the manifests in the directory, possibly edited by the user, with their machine sets. */
export function consumeManifests(run: CommandRun, assets: ClusterAssets): ClusterAssets {
  const names = MANIFEST_FOLDERS.flatMap((folder) => run.dir.filesIn(folder));
  if (names.length === 0) return assets;
  for (const asset of ['Openshift Manifests', 'Common Manifests', 'OpenShift Install (Manifests)']) {
    run.log.info(`Consuming ${asset} from target directory`);
  }
  run.log.info('Consuming Worker Machines from target directory');
  run.log.info('Consuming Master Machines from target directory');
  const manifests = Object.fromEntries(names.map((name) => [name, run.dir.read(name) ?? '']));
  const state = { ...assets.state, '*manifests.Manifests': manifests };
  return { ...assets, state, cluster: clusterOf(state) };
}

export function renderAuth(assets: ClusterAssets): Record<string, string> {
  const { state } = assets;
  return {
    [KUBECONFIG]: renderAdminKubeconfig(assets, state['*tls.RootCA'].CertRaw),
    [KUBEADMIN_PASSWORD]: state['*password.KubeadminPassword'].Password,
  };
}

/** The kubeconfig at the end of an install: with the CA of the router added. */
export function renderFinalKubeconfig(assets: ClusterAssets): Record<string, string> {
  const router = createAuthority(`ingress-operator@${Math.floor(Date.now() / 1000)}`);
  const caBundle = `${assets.state['*tls.RootCA'].CertRaw}${router.certificate}`;
  return { [KUBECONFIG]: renderAdminKubeconfig(assets, caBundle) };
}

function renderAdminKubeconfig({ cluster, state, proxyUrl }: ClusterAssets, caBundle: string): string {
  const { CertRaw: certificate, KeyRaw: key } = state['*tls.AdminKubeConfigClientCertKey'];
  const domain = clusterDomain(cluster);
  return renderKubeconfig({ name: cluster.infraID, domain, caBundle, admin: { certificate, key }, proxyUrl });
}

export function renderIgnition({ cluster, state }: ClusterAssets): Record<string, string> {
  const source = (role: string) => `https://api-int.${clusterDomain(cluster)}:22623/config/${role}`;
  const pointer = (role: string) =>
    JSON.stringify({ ignition: { config: { merge: [{ source: source(role) }] }, version: '3.2.0' } });
  const files = Object.entries(state['*manifests.Manifests'] ?? {}).map(([path, content]) => ({
    path: `/opt/openshift/${path}`,
    contents: { source: `data:;base64,${Buffer.from(content).toString('base64')}` },
  }));
  const password = {
    path: '/opt/openshift/auth/kubeadmin-password',
    contents: { source: `data:,${state['*password.KubeadminPassword'].Password}` },
  };
  return {
    'bootstrap.ign': JSON.stringify({
      ignition: { version: '3.2.0' },
      storage: { files: [password, ...files] },
    }),
    'master.ign': pointer('master'),
    'worker.ign': pointer('worker'),
  };
}

/** metadata.json comes first: with it on disk, everything that `create cluster` creates can be removed. */
export function renderClusterFiles(assets: ClusterAssets): Record<string, string> {
  const { cluster, state } = assets;
  const pullSecret = state['*installconfig.InstallConfig'].config['pullSecret'];
  return {
    'metadata.json': renderInstallerMetadata(cluster),
    'terraform.tfvars.json': JSON.stringify({
      cluster_id: cluster.infraID,
      cluster_domain: clusterDomain(cluster),
      pull_secret: pullSecret,
    }),
    'terraform.platform.auto.tfvars.json': JSON.stringify({
      region: cluster.region,
      extra_tags: cluster.userTags,
    }),
    ...renderAuth(assets),
    'tls/journal-gatewayd.crt': generatePem('CERTIFICATE'),
    'tls/journal-gatewayd.key': generatePem('RSA PRIVATE KEY', 1190),
  };
}

/** Local files that a successful destroy deletes. */
export const DESTROYED_FILES = [
  'metadata.json',
  KUBECONFIG,
  KUBEADMIN_PASSWORD,
  'tls/journal-gatewayd.crt',
  'tls/journal-gatewayd.key',
  'terraform.tfvars.json',
  'terraform.platform.auto.tfvars.json',
  '.clusterapi_output',
  INSTALLER_STATE_FILE,
] as const;

function readConfig(read: () => InstallConfig): InstallConfig {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof InstallConfigError) throw installConfigExit(thrown.message);
    throw thrown;
  }
}

function isSameDocument(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

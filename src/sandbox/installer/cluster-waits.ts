import {
  type ClusterAssets,
  KUBEADMIN_PASSWORD,
  KUBECONFIG,
  renderFinalKubeconfig,
} from '../assets/cluster-assets.ts';
import { clusterDomain, clusterRegions, type SandboxCluster } from '../assets/sandbox-cluster.ts';
import { type FullState, ROOT_CA } from '../assets/state-file.ts';
import { issueCertificate } from '../assets/x509.ts';
import { writeInstalledCluster } from '../cloud/cluster-folder.ts';
import type { NewResource } from '../cloud/simulated-cloud.ts';
import { CommandExit, fatal, INSTALLER_EXIT_CODES } from '../failures/command-exit.ts';
import { API_ADVICE, bootstrapExit, INITIALIZE_ADVICE } from '../failures/failure-exit.ts';
import { createResources } from '../infrastructure/provision.ts';
import { goDuration, waitingUpTo } from '../log/go-time.ts';
import type { ResourcePlan } from '../resources/resource-plan.ts';
import type { CommandRun } from './command-run.ts';

const API_MS = 900;
const BOOTSTRAP_MS = 1500;
const INITIALIZE_MS = 2000;
const STABILITY_MS = 400;
const CONSOLE_MS = 100;
const SCHEDULABLE = /\bmastersSchedulable\W+true\b/;

/** Waits for the API and for bootstrapping. @throws CommandExit 5 */
export async function waitForBootstrap(run: CommandRun, cluster: SandboxCluster): Promise<void> {
  const { log } = run;
  log.info(waitingUpTo(20, `for the Kubernetes API at ${apiUrl(cluster)}...`));
  await run.timeScale.sleepScaled(API_MS);
  await run.injectFaults('api');
  if (!(await hasControlPlane(run, cluster))) throw bootstrapExit(apiUnreachable(cluster), API_ADVICE, []);
  log.info(`API v${kubernetesVersion(run.version)} up`);
  log.info(waitingUpTo(45, 'for bootstrapping to complete...'));
  await run.timeScale.sleepScaled(BOOTSTRAP_MS);
  await run.injectFaults('bootstrap');
  log.info('Waiting for the bootstrap etcd member to be removed...');
  log.info('Bootstrap etcd member has been removed');
  log.debug('Bootstrap status: complete');
}

/** Waits for the operators while the cluster creates its workers and ingress. @throws CommandExit 6 or 7 */
export async function waitForInstall(
  run: CommandRun,
  assets: ClusterAssets,
  plan: ResourcePlan,
): Promise<void> {
  const { log } = run;
  const { cluster } = assets;
  log.info(waitingUpTo(40, `for the cluster at ${apiUrl(cluster)} to initialize...`));
  if (!(await hasControlPlane(run, cluster))) throw initializationExit(cluster);
  const listed = await run.cloud.list({ infraId: cluster.infraID, regions: clusterRegions(cluster) });
  const existing = new Set(listed.map(resourceKey));
  const missing = plan.cluster.filter((planned) => !existing.has(resourceKey(planned)));
  await createResources(run, missing, INITIALIZE_MS, 'initialize');
  log.info(waitingUpTo(30, 'to ensure each cluster operator has finished progressing...'));
  await run.timeScale.sleepScaled(STABILITY_MS);
  await run.injectFaults('stability');
  log.info('All cluster operators have completed progressing');
  log.info('Checking to see if there is a route at openshift-console/console...');
  await run.timeScale.sleepScaled(CONSOLE_MS);
  await run.injectFaults('finish');
  openClusterApi(run, assets);
  await run.dir.write(renderFinalKubeconfig(assets));
  logComplete(run, assets);
}

/** From here on, `ocpctl server --sandbox` answers at the address in the kubeconfig. */
function openClusterApi(run: CommandRun, { cluster, state }: ClusterAssets): void {
  const { CertRaw: certificate, KeyRaw: key } = state['*tls.RootCA'];
  const domain = clusterDomain(cluster);
  const serving = issueCertificate(
    { commonName: ROOT_CA, certificate, key },
    { commonName: `api.${domain}`, usage: 'server', names: [`api.${domain}`, 'localhost', '127.0.0.1'] },
  );
  writeInstalledCluster(run.cloud.dir, {
    cluster,
    version: run.version,
    installedAt: new Date().toISOString(),
    mastersSchedulable: areMastersSchedulable(cluster, state),
    authority: certificate,
    serving,
  });
}

/** As the scheduler manifest says, which may have been edited; without one, as the installer would write it. */
function areMastersSchedulable({ workers }: SandboxCluster, state: FullState): boolean {
  const manifest = state['*manifests.Manifests']?.['manifests/cluster-scheduler-02-config.yml'];
  return manifest === undefined ? workers.replicas === 0 : SCHEDULABLE.test(manifest);
}

/** A wait needs the kubeconfig of an earlier create. */
export function requireKubeconfig(run: CommandRun): void {
  if (run.dir.has(KUBECONFIG)) return;
  throw fatal(`loading kubeconfig: stat ${run.dir.pathOf(KUBECONFIG)}: no such file or directory`);
}

export function logElapsed(run: CommandRun): void {
  run.log.info(`Time elapsed: ${goDuration(Date.now() - run.startedAtMs)}`);
}

function logComplete(run: CommandRun, { cluster, state }: ClusterAssets): void {
  const { log, dir } = run;
  const password = state['*password.KubeadminPassword'].Password;
  log.info('Install complete!');
  log.info(
    `To access the cluster as the system:admin user when using 'oc', run\n    export KUBECONFIG=${dir.pathOf(KUBECONFIG)}`,
  );
  log.info(
    `Access the OpenShift web-console here: https://console-openshift-console.apps.${clusterDomain(cluster)}`,
  );
  log.info(
    run.skipPasswordPrint
      ? `Credentials omitted, if necessary verify the ${dir.pathOf(KUBEADMIN_PASSWORD)} file`
      : `Login to the console with user: "kubeadmin", and password: "${password}"`,
  );
  log.debug('Time elapsed per stage:');
  logElapsed(run);
}

/** A cloud may assign its own ids, so resources are compared by the name in their tags. */
function resourceKey({ type, id, tags }: Pick<NewResource, 'type' | 'id' | 'tags'>): string {
  return `${type} ${tags['Name'] ?? id}`;
}

async function hasControlPlane(run: CommandRun, { infraID, region }: SandboxCluster): Promise<boolean> {
  const types = ['ec2:instance', 'is:instance'];
  const machines = await run.cloud.list({ infraId: infraID, types, regions: [region] });
  return machines.some(({ name }) => name.startsWith(`${infraID}-master-`));
}

function initializationExit(cluster: SandboxCluster): CommandExit {
  return new CommandExit(INSTALLER_EXIT_CODES.install, [
    {
      level: 'error',
      message: `Attempted to gather ClusterOperator status after wait failure: ${apiUnreachable(cluster)}`,
    },
    { level: 'error', message: INITIALIZE_ADVICE },
    { level: 'error', message: 'failed to initialize the cluster: timed out waiting for the condition' },
  ]);
}

function apiUnreachable(cluster: SandboxCluster): string {
  return `Get "${apiUrl(cluster)}/version": dial tcp: lookup api.${clusterDomain(cluster)}: no such host`;
}

function apiUrl(cluster: SandboxCluster): string {
  return `https://api.${clusterDomain(cluster)}:6443`;
}

/** OpenShift 4.x is built on Kubernetes 1.(x+13). */
function kubernetesVersion(openshiftVersion: string): string {
  return `1.${Number(openshiftVersion.split('.')[1] ?? 0) + 13}.5`;
}

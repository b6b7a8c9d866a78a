import { goDuration, waitingUpTo } from './clock-words.ts';
import type { NewResource } from './cloud.ts';
import { domainOf, regionsOf, type SandboxCluster } from './cluster.ts';
import { type Assets, KUBEADMIN_PASSWORD, KUBECONFIG, renderFinalKubeconfig } from './cluster-assets.ts';
import { EXIT, fatal, InstallerExit } from './exits.ts';
import { API_ADVICE, bootstrapExit, INITIALIZE_ADVICE } from './failure-lines.ts';
import type { InstallerRun } from './installer-run.ts';
import { makeResources } from './provision.ts';
import type { ResourcePlan } from './resources/plan.ts';

const API_MS = 900;
const BOOTSTRAP_MS = 1500;
const INITIALIZE_MS = 2000;
const STABILITY_MS = 400;
const CONSOLE_MS = 100;

/** Waits for the API and for bootstrapping. @throws InstallerExit 5 */
export async function waitForBootstrap(run: InstallerRun, cluster: SandboxCluster): Promise<void> {
  const { log } = run;
  log.info(waitingUpTo(20, `for the Kubernetes API at ${apiUrl(cluster)}...`));
  await run.pace.pause(API_MS);
  await run.reach('api');
  if (!(await hasControlPlane(run, cluster))) throw bootstrapExit(noApi(cluster), API_ADVICE, []);
  log.info(`API v${kubernetesVersion(run.version)} up`);
  log.info(waitingUpTo(45, 'for bootstrapping to complete...'));
  await run.pace.pause(BOOTSTRAP_MS);
  await run.reach('bootstrap');
  log.info('Waiting for the bootstrap etcd member to be removed...');
  log.info('Bootstrap etcd member has been removed');
  log.debug('Bootstrap status: complete');
}

/** Waits for the operators, while the cluster makes its workers and ingress. @throws InstallerExit 6 or 7 */
export async function waitForInstall(run: InstallerRun, assets: Assets, plan: ResourcePlan): Promise<void> {
  const { log } = run;
  const { cluster } = assets;
  log.info(waitingUpTo(40, `for the cluster at ${apiUrl(cluster)} to initialize...`));
  if (!(await hasControlPlane(run, cluster))) throw notInitialized(cluster);
  const there = await run.cloud.list({ infraId: cluster.infraID, regions: regionsOf(cluster) });
  const existing = new Set(there.map(identityOf));
  const missing = plan.cluster.filter((planned) => !existing.has(identityOf(planned)));
  await makeResources(run, missing, INITIALIZE_MS, 'initialize');
  log.info(waitingUpTo(30, 'to ensure each cluster operator has finished progressing...'));
  await run.pace.pause(STABILITY_MS);
  await run.reach('stability');
  log.info('All cluster operators have completed progressing');
  log.info('Checking to see if there is a route at openshift-console/console...');
  await run.pace.pause(CONSOLE_MS);
  await run.reach('finish');
  await run.dir.write(renderFinalKubeconfig(assets));
  sayComplete(run, assets);
}

/** A wait needs the kubeconfig that an earlier create left. */
export function requireKubeconfig(run: InstallerRun): void {
  if (run.dir.has(KUBECONFIG)) return;
  throw fatal(`loading kubeconfig: stat ${run.dir.pathOf(KUBECONFIG)}: no such file or directory`);
}

export function sayElapsed(run: InstallerRun): void {
  run.log.info(`Time elapsed: ${goDuration(Date.now() - run.startedAtMs)}`);
}

function sayComplete(run: InstallerRun, { cluster, state }: Assets): void {
  const { log, dir } = run;
  const password = state['*password.KubeadminPassword'].Password;
  log.info('Install complete!');
  log.info(
    `To access the cluster as the system:admin user when using 'oc', run\n    export KUBECONFIG=${dir.pathOf(KUBECONFIG)}`,
  );
  log.info(
    `Access the OpenShift web-console here: https://console-openshift-console.apps.${domainOf(cluster)}`,
  );
  log.info(
    run.skipPasswordPrint
      ? `Credentials omitted, if necessary verify the ${dir.pathOf(KUBEADMIN_PASSWORD)} file`
      : `Login to the console with user: "kubeadmin", and password: "${password}"`,
  );
  log.debug('Time elapsed per stage:');
  sayElapsed(run);
}

/** A cloud gives ids of its own; the names in the tags are ours. */
function identityOf({ type, id, tags }: Pick<NewResource, 'type' | 'id' | 'tags'>): string {
  return `${type} ${tags['Name'] ?? id}`;
}

async function hasControlPlane(run: InstallerRun, { infraID, region }: SandboxCluster): Promise<boolean> {
  const types = ['ec2:instance', 'is:instance'];
  const machines = await run.cloud.list({ infraId: infraID, types, regions: [region] });
  return machines.some(({ name }) => name.startsWith(`${infraID}-master-`));
}

function notInitialized(cluster: SandboxCluster): InstallerExit {
  return new InstallerExit(EXIT.install, [
    {
      level: 'error',
      message: `Attempted to gather ClusterOperator status after wait failure: ${noApi(cluster)}`,
    },
    { level: 'error', message: INITIALIZE_ADVICE },
    { level: 'error', message: 'failed to initialize the cluster: timed out waiting for the condition' },
  ]);
}

function noApi(cluster: SandboxCluster): string {
  return `Get "${apiUrl(cluster)}/version": dial tcp: lookup api.${domainOf(cluster)}: no such host`;
}

function apiUrl(cluster: SandboxCluster): string {
  return `https://api.${domainOf(cluster)}:6443`;
}

/** OpenShift 4.x is built on Kubernetes 1.(x+13). */
function kubernetesVersion(openshiftVersion: string): string {
  return `1.${Number(openshiftVersion.split('.')[1] ?? 0) + 13}.5`;
}

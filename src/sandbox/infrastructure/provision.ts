import { clusterDomain, type SandboxCluster } from '../assets/sandbox-cluster.ts';
import type { NewResource } from '../cloud/simulated-cloud.ts';
import type { Stage } from '../faults/stages.ts';
import type { CommandRun } from '../installer/command-run.ts';
import { waitingUpTo } from '../log/go-time.ts';
import { planAws } from '../resources/plan-aws.ts';
import { planIbmCloud } from '../resources/plan-ibmcloud.ts';
import type { ResourcePlan } from '../resources/resource-plan.ts';
import { assertAwsAccepts } from './aws-limits.ts';
import { startLocalControlPlane } from './local-control-plane.ts';

const NAMESPACE = 'openshift-cluster-api-guests';
/** Durations at the default speed; a complete create takes about 12 s. */
const IAM_MS = 500;
const NETWORK_MS = 2700;
const DNS_MS = 300;
const MACHINES_MS = 2300;

/** All resources of an install; the same cluster always gives the same ids. */
export function planResources(cluster: SandboxCluster): ResourcePlan {
  return cluster.platform === 'aws' ? planAws(cluster) : planIbmCloud(cluster);
}

/** Creates the infrastructure one resource at a time, so that after a kill every existing resource has its tags. */
export async function provisionCluster(
  run: CommandRun,
  cluster: SandboxCluster,
  plan: ResourcePlan,
): Promise<void> {
  const { log } = run;
  const hadManifests = run.dir.has('cluster-api/000_capi-namespace.yaml');
  log.info('Adding clusters...');
  log.info('Creating infrastructure resources...');
  await run.injectFaults('pre-provision');
  if (cluster.platform === 'aws') log.info('Reconciling IAM roles for control-plane and compute nodes');
  await createResources(run, plan.iam, IAM_MS, 'iam');
  await startLocalControlPlane(run, cluster);
  try {
    await provisionNetwork(run, cluster, plan);
    await provisionMachines(run, cluster, plan);
  } finally {
    await writeAppliedObjects(run, cluster);
  }
  log.info('Cluster API resources have been created. Waiting for cluster to become ready...');
  if (!hadManifests) return;
  log.info('Consuming Cluster API Manifests from target directory');
  log.info('Consuming Cluster API Machine Manifests from target directory');
}

/** Creates resources sequentially in `ms` and injects the faults of `halfway` after half of them. */
export async function createResources(
  run: CommandRun,
  resources: readonly NewResource[],
  ms: number,
  halfway: Stage,
): Promise<void> {
  const half = Math.ceil(resources.length / 2);
  for (const resource of resources.slice(0, half)) await createResource(run, resource, ms / resources.length);
  await run.injectFaults(halfway);
  for (const resource of resources.slice(half)) await createResource(run, resource, ms / resources.length);
}

async function createResource(run: CommandRun, resource: NewResource, ms: number): Promise<void> {
  await run.timeScale.sleepScaled(ms);
  if (resource.type === 'iam:role')
    run.log.info(`Creating IAM role for ${/-(\w+)-role$/.exec(resource.name)?.[1]}`);
  const { listingDelayMs, untaggedTypes } = run.effects;
  const visibility =
    listingDelayMs === 0 ? {} : { visibleAt: new Date(Date.now() + listingDelayMs).toISOString() };
  const tags = untaggedTypes.includes(resource.type) ? {} : resource.tags;
  assertAwsAccepts({ ...resource, tags });
  const { arn, id, name } = await run.cloud.create({ ...resource, tags, ...visibility });
  run.log.debug(`Created ${resource.type}`, { arn, id, name });
}

async function provisionNetwork(run: CommandRun, cluster: SandboxCluster, plan: ResourcePlan): Promise<void> {
  const { log } = run;
  const [infraCluster] = kindsOf(cluster);
  log.info('Creating infra manifests...');
  logManifest(run, '*v1.Namespace', NAMESPACE, '');
  logManifest(run, '*v1beta1.Cluster', cluster.infraID, NAMESPACE);
  logManifest(run, `*v1beta2.${infraCluster}`, cluster.infraID, NAMESPACE);
  log.info('Done creating infra manifests');
  log.info(`Creating kubeconfig entry for capi cluster ${cluster.infraID}`);
  const minutes = cluster.platform === 'aws' ? 15 : 30;
  log.info(waitingUpTo(minutes, 'for network infrastructure to become ready...'));
  await createResources(run, plan.network, NETWORK_MS, 'infrastructure');
  log.info('Network infrastructure is ready');
  await createResources(run, plan.dns, DNS_MS, 'dns');
  if (cluster.platform === 'aws') {
    log.info('Created private Hosted Zone');
    log.info('Created Route53 records for control plane load balancer');
  }
}

async function provisionMachines(
  run: CommandRun,
  cluster: SandboxCluster,
  plan: ResourcePlan,
): Promise<void> {
  const { log } = run;
  const [, infraMachine] = kindsOf(cluster);
  const machines = machineNames(cluster);
  if (cluster.platform === 'ibmcloud') {
    log.info(
      `created cos bucket for bootstrap ignition config: ${cluster.infraID}-cos/${cluster.infraID}-bootstrap-ignition`,
    );
  }
  for (const name of machines) logManifest(run, `*v1beta2.${infraMachine}`, name, NAMESPACE);
  for (const name of machines) logManifest(run, '*v1beta1.Machine', name, NAMESPACE);
  for (const role of ['bootstrap', 'master', 'worker']) {
    logManifest(run, '*v1.Secret', `${cluster.infraID}-${role}`, NAMESPACE);
  }
  const minutes = cluster.platform === 'aws' ? 15 : 25;
  log.info(waitingUpTo(minutes, `for machines [${machines.join(' ')}] to provision...`));
  await createResources(run, [...plan.bootstrap, ...plan.controlPlane], MACHINES_MS, 'machines');
  log.info('Control-plane machines are ready');
}

/** Writes one file for each applied object, also after a failure. */
async function writeAppliedObjects(run: CommandRun, cluster: SandboxCluster): Promise<void> {
  const [infraCluster, infraMachine] = kindsOf(cluster);
  const objects: [string, string][] = [
    ['Cluster', cluster.infraID],
    [infraCluster, cluster.infraID],
    ...machineNames(cluster).map((name): [string, string] => [infraMachine, name]),
  ];
  const files = objects.map(([kind, name]) => [
    `.clusterapi_output/${kind}-${NAMESPACE}-${name}.yaml`,
    `kind: ${kind}\nmetadata:\n  name: ${name}\n  namespace: ${NAMESPACE}\n`,
  ]);
  await run.dir.write(Object.fromEntries(files));
  run.log.debug(`Collected applied cluster api manifests of ${clusterDomain(cluster)}`);
}

function kindsOf({ platform }: SandboxCluster): [string, string] {
  return platform === 'aws' ? ['AWSCluster', 'AWSMachine'] : ['IBMVPCCluster', 'IBMVPCMachine'];
}

function machineNames({ infraID, controlPlane }: SandboxCluster): string[] {
  const masters = Array.from({ length: controlPlane.replicas }, (_, i) => `${infraID}-master-${i}`);
  return [`${infraID}-bootstrap`, ...masters];
}

function logManifest(run: CommandRun, kind: string, name: string, namespace: string): void {
  run.log.info(`Created manifest ${kind}, namespace=${namespace} name=${name}`);
}

import type { InstallerMetadata } from '../assets/metadata.ts';
import type { SimulatedResource } from '../cloud/simulated-cloud.ts';
import { fatal } from '../failures/command-exit.ts';
import type { CommandRun } from '../installer/command-run.ts';
import { registerForInfra } from '../installer/detect-cluster.ts';
import { listVisible, type Removal, startRemoval } from './removal.ts';

/** Stages in order, with the noun of their log lines. Each is repeated until no resource of its type is left. */
const DELETION_STAGES: readonly (readonly [type: string, noun: string])[] = [
  ['is:instance', 'instance'],
  ['is:volume', 'disk'],
  ['is:load-balancer', 'load balancer'],
  ['is:subnet', 'subnet'],
  ['is:image', 'image'],
  ['is:public-gateway', 'public gateway'],
  ['is:security-group', 'security group'],
  ['is:floating-ip', 'floating IP'],
  ['is:vpc', 'VPC'],
  ['iam:authorization', 'IAM authorization'],
  ['cos:bucket', 'COS bucket'],
  ['cos:instance', 'COS instance'],
  ['dns:record', 'DNS record'],
  ['resource-controller:resource-group', 'resource group'],
];

/** Unlike on AWS, a destroy fails if the resource group of the cluster does not exist, so a second destroy always fails. */
export async function destroyIbmCloud(
  run: CommandRun,
  metadata: InstallerMetadata,
  ibm: NonNullable<InstallerMetadata['ibmcloud']>,
): Promise<void> {
  const { infraID, clusterName } = metadata;
  await registerForInfra(run, { infraId: infraID, domain: `${clusterName}.${ibm.baseDomain}` });
  await run.injectFaults('destroy');
  const list = () => run.cloud.list({ infraId: infraID });
  const present = await listVisible(run, list);
  const isOwnGroup = ibm.resourceGroupName === infraID;
  if (isOwnGroup && !present.some(({ type }) => type === 'resource-controller:resource-group')) {
    throw fatal(`failed to destroy cluster: ResourceGroup '"${ibm.resourceGroupName}"' not found`);
  }
  if (ibm.resourceGroupName === '') throw fatal('failed to destroy cluster: resource group name is empty');
  const removal = startRemoval(run, present.length);
  const ownRecords = `.${clusterName}.${ibm.baseDomain}`;
  const isOwn = ({ type, name }: SimulatedResource) => type !== 'dns:record' || name.endsWith(ownRecords);
  for (const [type, noun] of DELETION_STAGES) {
    await runStage(run, removal, noun, async () =>
      (await list()).filter((found) => found.type === type && isOwn(found)),
    );
  }
  if (ibm.vpc !== '') run.log.info(`Skipping deletion of user-provided VPC "${ibm.vpc}"`);
  if (!isOwnGroup)
    run.log.info(`Skipping deletion of user-provided resource group "${ibm.resourceGroupName}"`);
}

async function runStage(
  run: CommandRun,
  removal: Removal,
  noun: string,
  list: () => Promise<SimulatedResource[]>,
): Promise<void> {
  for (;;) {
    const found = await removal.list(list);
    if (found.length === 0) return;
    let stuck = false;
    for (const resource of found) {
      if (noun === 'instance') run.log.info(`Stopped instance "${resource.name}"`);
      if (await removal.remove(resource)) run.log.info(`Deleted ${noun} "${resource.name}"`);
      else stuck = true;
    }
    if (stuck) await removal.waitBeforeRetry();
  }
}

import type { InstallerMetadata } from '../assets/metadata.ts';
import type { SimulatedResource } from '../cloud/simulated-cloud.ts';
import type { CommandRun } from '../installer/command-run.ts';
import { registerForInfra } from '../installer/detect-cluster.ts';
import { listVisible, type Removal, startRemoval } from './removal.ts';

/** Records have no tags, so an AWS endpoint cannot tell which cluster owns one. */
const UNKNOWN_OWNER = '';
/** Region of the global services. */
const GLOBAL_REGION = 'us-east-1';
/** Dependents first; types that are not listed are deleted before the VPC. */
const DELETION_ORDER: readonly string[] = [
  'ec2:instance',
  'elasticloadbalancing:loadbalancer',
  'elasticloadbalancing:targetgroup',
  'ec2:vpc-endpoint',
  'ec2:natgateway',
  'ec2:elastic-ip',
  'route53:hostedzone',
  'ec2:volume',
  'ec2:security-group',
  's3:bucket',
  'ec2:subnet',
  'ec2:route-table',
  'ec2:internet-gateway',
  'iam:instance-profile',
  'iam:role',
];
const VERBS: Readonly<Record<string, string>> = {
  'ec2:instance': 'Terminated',
  'ec2:elastic-ip': 'Released',
};

/** Deletes what the identifiers in metadata.json find, and repeats until nothing is found. It never gives up, as the real one. */
export async function destroyAws(
  run: CommandRun,
  metadata: InstallerMetadata,
  aws: NonNullable<InstallerMetadata['aws']>,
): Promise<void> {
  run.log.info('Credentials loaded from default AWS environment variables');
  const regions = [aws.region, GLOBAL_REGION];
  await registerForInfra(run, { infraId: metadata.infraID, domain: aws.clusterDomain, regions });
  await run.injectFaults('destroy');
  if (run.effects.privateZoneLost) await removePrivateZone(run, metadata.infraID);
  const list = () => findOwned(run, metadata.infraID, aws);
  const removal = startRemoval(run, (await listVisible(run, list)).length);
  for (;;) {
    const found = (await removal.list(list)).sort((a, b) => deletionRank(a) - deletionRank(b));
    if (found.length === 0) return removeRecordsOfExistingZone(run, removal, metadata.infraID);
    let stuck = false;
    for (const resource of found) stuck = !(await removeResource(run, removal, resource)) || stuck;
    if (stuck) await removal.waitBeforeRetry();
  }
}

/** Finds resources by tag, and instance profiles by name because no tagging API lists them. */
async function findOwned(
  run: CommandRun,
  infraID: string,
  { region, identifier }: NonNullable<InstallerMetadata['aws']>,
): Promise<SimulatedResource[]> {
  const regions = [region, GLOBAL_REGION];
  const tagged = await run.cloud.findByTags({ tags: identifier, regions });
  const profileNames = ['master', 'worker', 'bootstrap'].map((role) => `${infraID}-${role}-profile`);
  const profiles = await run.cloud.list({ types: ['iam:instance-profile'], regions: [GLOBAL_REGION] });
  return [
    ...tagged.filter(({ type }) => type !== 'iam:instance-profile'),
    ...profiles.filter(({ name }) => profileNames.includes(name)),
  ];
}

async function removeResource(
  run: CommandRun,
  removal: Removal,
  resource: SimulatedResource,
): Promise<boolean> {
  if (resource.type === 'route53:hostedzone') await removeRecords(run, removal, resource);
  if (!(await removal.remove(resource))) return false;
  const { arn, id, type } = resource;
  run.log.info(VERBS[type] ?? 'Deleted', { arn, id, resourceType: type.split(':')[1] ?? type });
  return true;
}

/**
 * Public records are found only by the names of the records in the private zone, so they are deleted first: otherwise a destroy that
 * is killed in between leaves public records that no later destroy can find.
 */
async function removeRecords(
  run: CommandRun,
  removal: Removal,
  zone: Pick<SimulatedResource, 'id' | 'arn' | 'infraId'>,
): Promise<void> {
  const records = await removal.list(() => listRecords(run));
  const own = records.filter(({ arn }) => arn.startsWith(`${zone.arn}/`));
  const names = new Set(own.map(({ name }) => name));
  const isOurs = ({ infraId }: SimulatedResource) => infraId === zone.infraId || infraId === UNKNOWN_OWNER;
  const namesakes = records.filter(
    (record) => isOurs(record) && names.has(record.name) && !own.includes(record),
  );
  for (const record of [...namesakes, ...own]) {
    if (!(await run.cloud.remove(record))) continue;
    run.log.info('Deleted', { id: zone.id, 'record set': `A ${record.name}.`, resourceType: 'hostedzone' });
  }
}

/** An existing zone stays; only the records of the cluster go. */
async function removeRecordsOfExistingZone(
  run: CommandRun,
  removal: Removal,
  infraId: string,
): Promise<void> {
  const zones = await run.cloud.list({ types: ['route53:hostedzone'], regions: [GLOBAL_REGION] });
  const isInOwnZone = (arn: string) => zones.some((zone) => arn.startsWith(`${zone.arn}/`));
  const records = (await listRecords(run)).filter(
    (record) => record.infraId === infraId && record.id.includes('-private-') && !isInOwnZone(record.arn),
  );
  const arns = new Set(records.map(({ arn }) => arn.slice(0, arn.indexOf('/recordset/'))));
  for (const arn of arns)
    await removeRecords(run, removal, { id: arn.slice(arn.indexOf('/') + 1), arn, infraId });
}

/** Deletes the private zone as another actor would; the public records can then no longer be found. */
async function removePrivateZone(run: CommandRun, infraID: string): Promise<void> {
  const types = ['route53:hostedzone'];
  const zones = await run.cloud.list({ infraId: infraID, types, regions: [GLOBAL_REGION] });
  for (const zone of zones) {
    const records = (await listRecords(run)).filter(({ arn }) => arn.startsWith(`${zone.arn}/`));
    for (const gone of [...records, zone]) await run.cloud.remove(gone);
  }
}

function listRecords(run: CommandRun): Promise<SimulatedResource[]> {
  return run.cloud.list({ types: ['route53:recordset'], regions: [GLOBAL_REGION] });
}

function deletionRank({ type }: SimulatedResource): number {
  const index = DELETION_ORDER.indexOf(type);
  if (type === 'ec2:vpc') return DELETION_ORDER.length + 1;
  return index === -1 ? DELETION_ORDER.length : index;
}

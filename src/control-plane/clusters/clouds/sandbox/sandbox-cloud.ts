import { CloudThrottledError, openSimulatedCloud } from '../../../../sandbox/cloud/simulated-cloud.ts';
import { SANDBOX_ACCOUNT } from '../../../../sandbox/resources/plan-aws.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { expectedZones } from '../../policy/zones.ts';
import { CLUSTER_TAG, isShared } from '../aws/aws-ownership.ts';
import type { Cloud, CloudResource, CredentialsMode, OrphanProposal } from '../cloud.ts';
import { sandboxFaults } from './sandbox-faults.ts';

export interface SandboxCloudOptions {
  /** Folder of the simulated cloud. */
  readonly dir: string;
  /** Time scale of the stand-in installer; 0 does not wait at all. Default: the installer's own. */
  readonly speed: string | undefined;
  /** How long a listing may lag behind, in milliseconds, as those of real clouds do. */
  readonly settleMs: number;
  /** Credentials mode of clusters on AWS, as on a real server. */
  readonly credentialsMode?: CredentialsMode | undefined;
  readonly clock: Clock;
}

const SANDBOX_PRINCIPAL = 'sandbox';
const THROTTLED_RETRIES = 10;

/** The simulated cloud, with the interface of a real one. */
export function sandboxCloud(options: SandboxCloudOptions): Cloud {
  const { dir, speed, settleMs, clock } = options;
  const cloud = openSimulatedCloud(dir);
  // Faults for a read-back are not spent on the listings of a scan.
  const scanned = openSimulatedCloud(dir, { caller: 'orphan-scan' });
  return {
    kind: 'sandbox',
    credentialsMode: options.credentialsMode,
    account: async () => SANDBOX_ACCOUNT,
    preflight: async ({ region, controlPlane, ownSubnets, zones }) => ({
      account: SANDBOX_ACCOUNT,
      principal: SANDBOX_PRINCIPAL,
      problems: [],
      notes: [],
      zones: ownSubnets ? zones : (zones ?? simulatedZones(region, controlPlane.replicas)),
    }),
    async find({ clusterId, infraIds }, signal, onQuestion) {
      const findOwned = async () => {
        onQuestion?.('listing the simulated cloud');
        const all = await listWithRetries(cloud, clock, signal);
        return all.filter(
          ({ tags, infraId }) =>
            (tags['ClusterId'] === clusterId || infraIds.includes(infraId)) && !isShared(tags),
        );
      };
      const first = await findOwned();
      if (first.length > 0) return first.map(toResource);
      // An empty list is checked a second time: what was created a moment ago may not be listed yet.
      await clock.sleep(settleMs, signal);
      return (await findOwned()).map(toResource);
    },
    async proposeOrphans({ ended }, signal) {
      const known = new Set(ended.flatMap((cluster) => cluster.infraIds));
      const all = (await listWithRetries(scanned, clock, signal)).map(toResource);
      return proposalsOf(all, known);
    },
    async installerCredentials() {
      return {
        credentials: {},
        extra: { OCPCTL_SANDBOX_CLOUD: dir, ...(speed === undefined ? {} : { OCPCTL_SANDBOX_SPEED: speed }) },
      };
    },
    faults: sandboxFaults(dir),
    listAll: async () => (await listWithRetries(cloud, clock, AbortSignal.timeout(10_000))).map(toResource),
  };
}

function proposalsOf(all: readonly CloudResource[], known: ReadonlySet<string>): OrphanProposal[] {
  const names = all.flatMap(({ infraId, tags }) =>
    infraId !== null && (known.has(infraId) || tags[`${CLUSTER_TAG}${infraId}`] === 'owned') ? [infraId] : [],
  );
  return [...new Set(names)].map((infraId) => ({
    infraId,
    tags: all
      .filter((each) => each.infraId === infraId && !isShared(each.tags))
      .map(({ tags }) => tags)
      .filter((tags) => Object.keys(tags).length > 0),
    shared: all.filter(({ tags }) => tags[`${CLUSTER_TAG}${infraId}`] === 'shared'),
  }));
}

/** The simulated zones of a region of AWS; only its regions end with a number. */
function simulatedZones(region: string, controlPlaneReplicas: number): string[] | undefined {
  if (!/-\d$/.test(region)) return undefined;
  return ['a', 'b', 'c']
    .slice(0, expectedZones(region, controlPlaneReplicas))
    .map((zone) => `${region}${zone}`);
}

type Listed = Awaited<ReturnType<ReturnType<typeof openSimulatedCloud>['list']>>;

async function listWithRetries(
  cloud: ReturnType<typeof openSimulatedCloud>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Listed> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await cloud.list();
    } catch (error) {
      if (!(error instanceof CloudThrottledError) || attempt > THROTTLED_RETRIES) throw error;
      await clock.sleep(Math.min(5_000, 50 * 2 ** attempt), signal);
    }
  }
}

function toResource({
  id,
  arn,
  type,
  region,
  name,
  infraId,
  tags,
  createdAt,
}: Listed[number]): CloudResource {
  return { id, arn, type, region, name, infraId, tags, createdAt: new Date(createdAt) };
}

import type { Clock } from '../../../kernel/clock.ts';
import type { Cloud, CloudQuery, CloudResource, CredentialsMode, PreflightRequest } from '../cloud.ts';
import { pollUntilConsistent } from '../poll-until-consistent.ts';
import { type AwsApi, createAwsApi } from './aws-api.ts';
import { type AwsClients, type AwsConnection, awsClients, GLOBAL_REGION } from './aws-clients.ts';
import { type AwsPreflightReport, awsPreflight } from './aws-preflight.ts';
import { clusterBuckets } from './buckets.ts';
import { awsDnsRecords } from './cluster-dns-records.ts';
import { explainRejection } from './enabled-regions.ts';
import { filterExisting } from './filter-existing.ts';
import type { HostedZone } from './hosted-zones.ts';
import { clusterIamEntities, clusterOidcProviders } from './iam-entities.ts';
import { networkBlockers } from './network-blockers.ts';
import { awsOrphanProposals } from './orphan-proposals.ts';
import { assertSessionLasts, isRenewed } from './session-lifetime.ts';
import { openSessionSource } from './session-source.ts';
import { taggedResources } from './tagged-resources.ts';
import {
  assertSuitableCredentials,
  awsCallerIdentity,
  keyVariables,
  workerCredentials,
} from './worker-credentials.ts';
import { openZoneAccount } from './zone-account.ts';

export interface AwsCloudOptions extends AwsConnection {
  /** Region in which credentials are checked, and the installer's default region. */
  readonly regionsDefault: string;
  /** Time between two queries of a read-back, in milliseconds. Listings by tag lag by up to a minute. */
  readonly settleMs: number;
  /** Credentials mode of new clusters; undefined leaves it to the installer. */
  readonly credentialsMode?: CredentialsMode | undefined;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly random: () => number;
}

export interface AwsCloud extends Cloud {
  readonly kind: 'aws';
  preflight(request: PreflightRequest, signal: AbortSignal): Promise<AwsPreflightReport>;
  readonly clients: AwsClients;
}

const ACCOUNT_TIMEOUT_MS = 30_000;

/** AWS as a cloud of the control plane. All methods throw AwsError. A custom endpoint is passed to the installer as well. */
export function awsCloud(options: AwsCloudOptions): AwsCloud {
  const { regionsDefault: region, settleMs, credentialsMode, endpoint, clock, random } = options;
  const clients = awsClients(options);
  return {
    kind: 'aws',
    credentialsMode,
    clients,
    async account() {
      const aws = createAwsApi(clients, clock, random, AbortSignal.timeout(ACCOUNT_TIMEOUT_MS));
      const identity = await explainRejection(aws, { regions: [region], defaultRegion: region }, () =>
        awsCallerIdentity(aws, region),
      );
      return identity.account;
    },
    async assertCredentialsLast(command) {
      assertSessionLasts(await workerCredentials(clients, region), command, clock.now());
    },
    preflight: (request, signal) =>
      awsPreflight({ clients, clock, random, defaultRegion: region, inventory }, request, signal),
    async find(query, signal, onQuestion) {
      const aws = createAwsApi(clients, clock, random, signal, onQuestion);
      return explainRejection(aws, { regions: query.regions, defaultRegion: region }, () =>
        pollUntilConsistent(
          () => inventory(aws, query),
          () => clock.sleep(settleMs, signal),
        ),
      );
    },
    proposeOrphans(query, signal) {
      const aws = createAwsApi(clients, clock, random, signal);
      return explainRejection(aws, { regions: query.regions, defaultRegion: region }, () =>
        awsOrphanProposals(aws, query),
      );
    },
    async installerCredentials(use, program) {
      const read = () => workerCredentials(clients, region);
      const credentials = await read();
      assertSuitableCredentials(credentials, use);
      // That the session lasts for a create is checked once, before it begins.
      if (use.command === 'destroy') assertSessionLasts(credentials, use.command, clock.now());
      const source = isRenewed(credentials)
        ? await openSessionSource({ ...program, read, clock })
        : undefined;
      return {
        credentials: { ...(source?.variables ?? keyVariables(credentials)), AWS_REGION: region },
        extra: endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint },
        close: async () => source?.close(),
      };
    },
  };
}

/** All resources of a cluster, each once, from every listing. A listing that fails is an error, never an empty list. */
async function inventory(
  aws: AwsApi,
  query: CloudQuery,
  listed?: Promise<readonly HostedZone[]>,
): Promise<CloudResource[]> {
  const { hostedZoneRole, regions } = query;
  const [region = GLOBAL_REGION] = regions;
  const [tagged, ...named] = await Promise.all([
    taggedResources(aws, query).then((resources) => filterExisting(aws, resources, query)),
    clusterIamEntities(aws, query),
    clusterOidcProviders(aws, query),
    clusterBuckets(aws, query),
    awsDnsRecords(aws, query, listed),
    hostedZoneRole === undefined
      ? []
      : openZoneAccount(aws, hostedZoneRole, region).then((zoneAccount) => awsDnsRecords(zoneAccount, query)),
  ]);
  // Entries found by tag have more details and replace the others.
  const byArn = new Map([...named.flat(), ...tagged].map((resource) => [resource.arn, resource]));
  for (const blocker of await networkBlockers(aws, [...byArn.values()])) byArn.set(blocker.arn, blocker);
  return [...byArn.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

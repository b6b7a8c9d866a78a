import type { Clock } from '../../../kernel/clock.ts';
import type { Cloud, CloudQuery, CloudResource, CredentialsMode, PreflightRequest } from '../cloud.ts';
import { pollUntilConsistent } from '../poll-until-consistent.ts';
import { type AwsApi, createAwsApi } from './aws-api.ts';
import { awsCallerIdentity } from './aws-caller-identity.ts';
import { type AwsClients, type AwsConnection, awsClients } from './aws-clients.ts';
import { type AwsPreflightReport, awsPreflight } from './aws-preflight.ts';
import { clusterBuckets } from './buckets.ts';
import { filterExisting } from './filter-existing.ts';
import { clusterIamEntities, clusterOidcProviders } from './iam-entities.ts';
import { installerVariables, workerCredentials } from './installer-credentials.ts';
import { publicDnsRecords } from './public-dns-records.ts';
import { taggedResources } from './tagged-resources.ts';

export interface AwsCloudOptions extends AwsConnection {
  /** Where credentials are checked, and what the installer gets as its default region. */
  readonly regionsDefault: string;
  /** Time between two looks at what exists, in milliseconds; listings by tag lag by seconds to a minute. */
  readonly settleMs: number;
  /** How clusters get their credentials; undefined leaves it to the installer. */
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

/** AWS as the control plane asks it. All methods throw AwsError. With an endpoint the installer is sent there as well. */
export function awsCloud(options: AwsCloudOptions): AwsCloud {
  const { regionsDefault: region, settleMs, credentialsMode, endpoint, clock, random } = options;
  const clients = awsClients(options);
  return {
    kind: 'aws',
    credentialsMode,
    clients,
    async account() {
      const aws = createAwsApi(clients, clock, random, AbortSignal.timeout(ACCOUNT_TIMEOUT_MS));
      return (await awsCallerIdentity(aws, region)).account;
    },
    preflight: (request, signal) => awsPreflight({ clients, clock, random }, request, signal),
    async find(query, signal) {
      const aws = createAwsApi(clients, clock, random, signal);
      return pollUntilConsistent(
        () => inventory(aws, query),
        () => clock.sleep(settleMs, signal),
      );
    },
    async installerCredentials(use) {
      const credentials = await workerCredentials(clients, region);
      return {
        credentials: installerVariables(credentials, region, use),
        extra: endpoint === undefined ? {} : { AWS_ENDPOINT_URL: endpoint },
      };
    },
  };
}

/** Everything that belongs to a cluster, once, whichever listing shows it. A place that cannot be looked at is an error. */
async function inventory(aws: AwsApi, query: CloudQuery): Promise<CloudResource[]> {
  const [tagged, ...named] = await Promise.all([
    taggedResources(aws, query).then((resources) => filterExisting(aws, resources, query)),
    clusterIamEntities(aws, query),
    clusterOidcProviders(aws, query),
    clusterBuckets(aws, query),
    publicDnsRecords(aws, query),
  ]);
  // What tags say is fuller, so it wins.
  const byArn = new Map([...named.flat(), ...tagged].map((resource) => [resource.arn, resource]));
  return [...byArn.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

import type { Cloud, CloudQuery, CloudResource } from '../cloud.ts';
import { pollUntilConsistent } from '../poll-until-consistent.ts';
import { accessTokens } from './access-tokens.ts';
import {
  accountResourceGroups,
  accountServiceInstances,
  clusterAuthorizations,
  clusterReclamations,
  clusterResourceGroups,
  clusterServiceIds,
  clusterServiceInstances,
  ibmcloudCallerIdentity,
} from './account-resources.ts';
import { clusterDnsRecords } from './dns-records.ts';
import { createIbmcloudApi, type IbmcloudApi } from './ibmcloud-api.ts';
import type { IbmcloudConnection } from './ibmcloud-connection.ts';
import { missingApiKey } from './ibmcloud-error.ts';
import { ibmcloudPreflight } from './ibmcloud-preflight.ts';
import { foreignHostnames, vpcResources } from './vpc-resources.ts';

export interface IbmcloudCloudOptions extends IbmcloudConnection {
  /** Time between two queries of a read-back, in milliseconds. Listings lag by seconds. */
  readonly settleMs: number;
}

const ACCOUNT_TIMEOUT_MS = 30_000;

/**
 * IBM Cloud as a cloud of the control plane, through its documented REST APIs. All methods throw IbmcloudError. A custom endpoint is
 * used for the worker's own requests only: the installer has no setting for it.
 */
export function ibmcloudCloud(options: IbmcloudCloudOptions): Cloud {
  const { apiKey, settleMs, clock } = options;
  const tokens = accessTokens(options, clock);
  return {
    kind: 'ibmcloud',
    /** The only mode that OpenShift supports on IBM Cloud. */
    credentialsMode: 'Manual',
    async account() {
      const ibmcloud = createIbmcloudApi(options, tokens, AbortSignal.timeout(ACCOUNT_TIMEOUT_MS));
      return (await ibmcloudCallerIdentity(ibmcloud)).account;
    },
    preflight: (request, signal) =>
      ibmcloudPreflight(createIbmcloudApi(options, tokens, signal), request, inventory),
    find(query, signal, onQuestion) {
      const ibmcloud = createIbmcloudApi(options, tokens, signal, onQuestion);
      return pollUntilConsistent(
        () => inventory(ibmcloud, query),
        () => clock.sleep(settleMs, signal),
      );
    },
    async proposeOrphans({ regions, ended }, signal) {
      // Nothing has tags of the control plane, and a name alone tells nothing about its owner: only known infraIDs are searched.
      const infraIds = [...new Set(ended.flatMap((cluster) => cluster.infraIds))];
      if (infraIds.length === 0) return [];
      const found = await inventory(createIbmcloudApi(options, tokens, signal), {
        clusterId: '',
        infraIds,
        regions,
      });
      const seen = new Set(found.flatMap(({ infraId }) => infraId ?? []));
      return [...seen].map((infraId) => ({ infraId, tags: [], shared: [] }));
    },
    async installerCredentials() {
      if (apiKey === undefined) throw missingApiKey();
      return { credentials: { IC_API_KEY: apiKey }, extra: {} };
    },
  };
}

/** All resources of a cluster, each once, from every listing. A listing that fails is an error, never an empty list. */
async function inventory(ibmcloud: IbmcloudApi, query: CloudQuery): Promise<CloudResource[]> {
  const { account } = await ibmcloudCallerIdentity(ibmcloud);
  const [groups, instances] = await Promise.all([
    accountResourceGroups(ibmcloud, account).then((all) => clusterResourceGroups(ibmcloud, query, all)),
    accountServiceInstances(ibmcloud),
  ]);
  const { infraIdOf } = groups;
  const lists = await Promise.all([
    vpcResources(ibmcloud, query, infraIdOf),
    clusterReclamations(ibmcloud, account, infraIdOf),
    clusterServiceIds(ibmcloud, query, account),
    clusterAuthorizations(ibmcloud, account, instances, query, infraIdOf),
    clusterDnsRecords(ibmcloud, query, instances, () => foreignHostnames(ibmcloud, query)),
  ]);
  const found = [
    ...groups.resources,
    ...clusterServiceInstances(ibmcloud, query, instances, infraIdOf),
    ...lists.flat(),
  ];
  const byArn = new Map(found.map((resource) => [resource.arn, resource]));
  return [...byArn.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

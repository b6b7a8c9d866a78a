import { agreed } from '../agreed.ts';
import type { Cloud, CloudQuery, CloudResource } from '../cloud.ts';
import { accessTokens } from './access-token.ts';
import {
  ownAuthorizations,
  ownGroups,
  ownInstances,
  ownReclamations,
  ownServiceIds,
  resourceGroups,
  serviceInstances,
} from './account-resources.ts';
import type { IbmcloudConnection } from './connection.ts';
import { dnsRecords } from './dns-records.ts';
import { missingKey } from './errors.ts';
import { callerIdentity } from './identity.ts';
import { type Look, lookAt } from './look.ts';
import { ibmcloudPreflight } from './preflight.ts';
import { foreignHostnames, vpcResources } from './vpc-resources.ts';

export interface IbmcloudCloudOptions extends IbmcloudConnection {
  /** Time between two looks at what exists, in milliseconds; listings lag behind by seconds. */
  readonly settleMs: number;
}

const ACCOUNT_TIMEOUT_MS = 30_000;

/**
 * IBM Cloud as the control plane asks it, by its documented REST interface. All methods throw IbmcloudError. The installer has no
 * setting for another endpoint: ours is asked there, it is not sent there.
 */
export function ibmcloudCloud(options: IbmcloudCloudOptions): Cloud {
  const { apiKey, settleMs, clock } = options;
  const tokens = accessTokens(options, clock);
  return {
    kind: 'ibmcloud',
    /** The only one that OpenShift has for IBM Cloud. */
    credentialsMode: 'Manual',
    async account() {
      const look = lookAt(options, tokens, AbortSignal.timeout(ACCOUNT_TIMEOUT_MS));
      return (await callerIdentity(look)).account;
    },
    preflight: (request, signal) => ibmcloudPreflight(lookAt(options, tokens, signal), request),
    find(query, signal) {
      const look = lookAt(options, tokens, signal);
      return agreed(
        () => inventory(look, query),
        () => clock.sleep(settleMs, signal),
      );
    },
    async installerCredentials() {
      if (apiKey === undefined) throw missingKey();
      return { credentials: { IC_API_KEY: apiKey }, extra: {} };
    },
  };
}

/** Everything that belongs to a cluster, once, whichever listing shows it. A place that cannot be looked at is an error. */
async function inventory(look: Look, query: CloudQuery): Promise<CloudResource[]> {
  const { account } = await callerIdentity(look);
  const [groups, instances] = await Promise.all([
    resourceGroups(look, account).then((all) => ownGroups(look, query, all)),
    serviceInstances(look),
  ]);
  const { infraIdOf } = groups;
  const lists = await Promise.all([
    vpcResources(look, query, infraIdOf),
    ownReclamations(look, account, infraIdOf),
    ownServiceIds(look, query, account),
    ownAuthorizations(look, account, instances, query, infraIdOf),
    dnsRecords(look, query, instances, () => foreignHostnames(look, query)),
  ]);
  const found = [...groups.resources, ...ownInstances(look, query, instances, infraIdOf), ...lists.flat()];
  const byArn = new Map(found.map((resource) => [resource.arn, resource]));
  return [...byArn.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

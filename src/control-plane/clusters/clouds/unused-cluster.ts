import type { CloudQuery, PreflightRequest } from './cloud.ts';

/** Of a cluster that never existed. */
export const UNUSED_INFRA_ID = 'ocpctl-preflight-00000';

/** @returns what a read-back asks about a cluster that never existed; with it a preflight asks for the permissions of a read-back. */
export function unusedClusterQuery({
  region,
  baseDomain,
  hostedZone,
}: Pick<PreflightRequest, 'region' | 'baseDomain' | 'hostedZone'>): CloudQuery {
  return {
    clusterId: UNUSED_INFRA_ID,
    infraIds: [UNUSED_INFRA_ID],
    regions: [region],
    clusterName: UNUSED_INFRA_ID,
    baseDomain,
    hostedZoneRole: hostedZone?.role,
  };
}

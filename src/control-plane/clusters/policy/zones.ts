const ZONES_OF_A_CLUSTER = 3;
/** Regions of AWS in which an account sees fewer zones. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html */
const FEWER_ZONES: Readonly<Record<string, number>> = { 'us-west-1': 2 };

/** @returns in how many zones a cluster is spread where the region has them; a single machine gains nothing from more than one. */
export function zonesWanted(controlPlaneReplicas: number): number {
  return controlPlaneReplicas === 1 ? 1 : ZONES_OF_A_CLUSTER;
}

/** @returns the number of zones of a cluster, without asking the cloud. */
export function expectedZones(region: string, controlPlaneReplicas: number): number {
  return Math.min(zonesWanted(controlPlaneReplicas), FEWER_ZONES[region] ?? ZONES_OF_A_CLUSTER);
}

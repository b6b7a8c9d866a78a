const ZONES_OF_A_CLUSTER = 3;
/** Regions of AWS without the usual 3 or 4 zones. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html */
const UNUSUAL_ZONES: ReadonlyMap<string, number> = new Map([
  ['us-east-1', 6],
  ['us-west-1', 2],
]);
const USUAL_ZONES = 3;

/** @returns how many zones an account sees in a region of AWS; 3 also where there are 4. */
export function zonesOfRegion(region: string): number {
  return UNUSUAL_ZONES.get(region) ?? USUAL_ZONES;
}

/** @returns in how many zones a cluster is spread where the region has them; a single machine gains nothing from more than one. */
export function zonesWanted(controlPlaneReplicas: number): number {
  return controlPlaneReplicas === 1 ? 1 : ZONES_OF_A_CLUSTER;
}

/** @returns the number of zones of a cluster, without asking the cloud. */
export function expectedZones(region: string, controlPlaneReplicas: number): number {
  return Math.min(zonesWanted(controlPlaneReplicas), zonesOfRegion(region));
}

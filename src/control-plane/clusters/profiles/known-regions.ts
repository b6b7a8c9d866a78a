import { closestMatch } from '../../../contract/closest-match.ts';
import { otherPartition } from './aws-partitions.ts';
import type { FieldFault } from './profile-problem.ts';

/**
 * Regions with a VPC, as of November 2026: https://docs.aws.amazon.com/general/latest/gr/rande.html and
 * https://cloud.ibm.com/docs/vpc?topic=vpc-creating-a-vpc-in-a-different-region. A server takes others too: clouds open new ones.
 */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  aws: [
    ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1'],
    ...['sa-east-1', 'eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1'],
    ...['eu-west-2', 'eu-west-3', 'af-south-1', 'il-central-1', 'me-central-1', 'me-south-1', 'ap-east-1'],
    ...['ap-east-2', 'ap-south-1', 'ap-south-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3'],
    ...['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5'],
    ...['ap-southeast-6', 'ap-southeast-7'],
  ],
  ibmcloud: [
    ...['us-south', 'us-east', 'ca-tor', 'ca-mon', 'br-sao', 'eu-de', 'eu-gb', 'eu-es', 'eu-fr2'],
    ...['jp-tok', 'jp-osa', 'au-syd', 'in-che', 'in-mum'],
  ],
};
const NAMES: Readonly<Record<string, string>> = { aws: 'AWS', ibmcloud: 'IBM Cloud' };

/** @returns the regions of a profile that are most likely misspelt, or of another cloud */
export function unknownRegionFaults(platform: string, regions: readonly unknown[]): FieldFault[] {
  const known = Object.hasOwn(REGIONS, platform) ? REGIONS[platform] : undefined;
  if (known === undefined) return [];
  return regions.flatMap((region, index) => {
    if (typeof region !== 'string' || known.includes(region) || otherPartition(region) !== undefined)
      return [];
    const guess = closestMatch(region, known);
    const message = `"${region}" is not a region of ${NAMES[platform] ?? platform}`;
    const fix = guess === undefined ? `use one such as ${known[0]}` : `use ${guess}`;
    return [{ path: ['regions', 'allowlist', index], message, fix }];
  });
}

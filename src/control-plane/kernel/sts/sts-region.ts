import { stsHost } from '../../../contract/sts-proof.ts';

export interface StsRegion {
  readonly host: string;
  /** Of the ARNs that this endpoint may speak of. */
  readonly partition: string;
}

const COMMERCIAL =
  'us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1';
const PARTITIONS = {
  aws: COMMERCIAL,
  'aws-cn': 'cn-north-1 cn-northwest-1',
  'aws-us-gov': 'us-gov-east-1 us-gov-west-1',
};

/** Where a proof may be judged: a table, so that nothing that a client sends can name a host. */
export const STS_REGIONS: ReadonlyMap<string, StsRegion> = new Map(
  Object.entries(PARTITIONS).flatMap(([partition, regions]) =>
    regions.split(' ').map((region) => [region, { host: stsHost(region), partition }] as const),
  ),
);

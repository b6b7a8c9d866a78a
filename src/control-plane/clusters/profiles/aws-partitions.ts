/** Partitions with their own IAM, Route 53 and listing by tag. https://docs.aws.amazon.com/general/latest/gr/rande.html */
const OTHER_PARTITIONS = [
  { prefix: 'us-gov-', name: 'aws-us-gov' },
  { prefix: 'cn-', name: 'aws-cn' },
  { prefix: 'us-iso-', name: 'aws-iso' },
  { prefix: 'us-isob-', name: 'aws-iso-b' },
  { prefix: 'us-isof-', name: 'aws-iso-f' },
  { prefix: 'eu-isoe-', name: 'aws-iso-e' },
  { prefix: 'eusc-', name: 'aws-eusc' },
];

/** @returns the partition of a region, unless it is `aws`, the only one that is supported. */
export function otherPartition(region: string): string | undefined {
  return OTHER_PARTITIONS.find(({ prefix }) => region.startsWith(prefix))?.name;
}

import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Platform } from '../profiles/profile.ts';

const MAX_LENGTH = 54;
const MAX_DOMAIN_LENGTH = 253;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * A cluster name is one RFC 1123 label of at most 54 characters. The installer allows dots on some platforms; they are
 * rejected here, because certificates and the DNS delegation of a base domain usually cover a single label.
 */
export function clusterNameProblems(name: string, baseDomain: string, platform: Platform): FieldProblem[] {
  const allowed = ['1 to 54 of a-z, 0-9 and "-", starting and ending with a letter or digit'];
  const invalid = (message: string): FieldProblem[] => [
    { field: 'name', code: 'INVALID_FORMAT', message, allowed },
  ];
  if (name === '') return [{ field: 'name', code: 'REQUIRED', message: 'the name is required', allowed }];
  if (name.length > MAX_LENGTH)
    return invalid(`the name has ${name.length} characters; the maximum is ${MAX_LENGTH}`);
  if (name.includes('.')) return invalid('the name must not contain dots; set the domain with baseDomain');
  if (!LABEL.test(name))
    return invalid('the name must consist of lower-case letters, digits and inner hyphens');
  if (name.length + 1 + baseDomain.length > MAX_DOMAIN_LENGTH) {
    return invalid(`name and base domain together exceed ${MAX_DOMAIN_LENGTH} characters`);
  }
  const reserved = platform === 'aws' ? awsNameFault(name) : undefined;
  return reserved === undefined ? [] : [{ field: 'name', code: 'RESERVED', message: reserved }];
}

/** What AWS names after the infraID, and the beginnings that it reserves for such names. */
const RESERVED_BEGINNINGS: readonly { readonly prefixes: readonly string[]; readonly of: string }[] = [
  // ELB: INFRAID-int and INFRAID-ext
  { prefixes: ['internal-'], of: 'load balancers' },
  // EC2: INFRAID-node, INFRAID-lb and others
  { prefixes: ['sg-'], of: 'security groups' },
  // S3: INFRAID-image-registry-REGION
  { prefixes: ['xn--', 'sthree-', 'amzn-s3-demo-'], of: 'buckets' },
];
/** The installer cuts the name here and appends "-" and five characters. */
const INFRA_ID_STEM = 21;

/** @returns why AWS would reject resources of a cluster with this name: their names begin with the name of the cluster. */
export function awsNameFault(name: string): string | undefined {
  const stem = `${name.replace(/[^A-Za-z0-9-]/g, '-').slice(0, INFRA_ID_STEM)}-`;
  for (const { prefixes, of } of RESERVED_BEGINNINGS) {
    const prefix = prefixes.find((reserved) => stem.startsWith(reserved));
    if (prefix !== undefined)
      return `"${name}" would begin the names of ${of} with "${prefix}", which AWS reserves; choose another name`;
  }
  return undefined;
}

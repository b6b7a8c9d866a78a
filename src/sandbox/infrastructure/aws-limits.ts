import type { NewResource } from '../cloud/simulated-cloud.ts';
import { iamExit, networkExit } from '../failures/failure-exit.ts';
import { aws, ec2 } from '../failures/simulated-failure.ts';

/** Characters of IAM tags, the fewest that a service of AWS accepts. */
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Rejects names and tags as AWS does, so that what passes in the sandbox does not fail there. @throws CommandExit */
export function assertAwsAccepts(resource: NewResource): void {
  if (!resource.arn.startsWith('arn:aws')) return;
  const { type, name } = resource;
  const tagFault = tagFaultOf(Object.entries(resource.tags), type.startsWith('iam:'));
  if (tagFault !== undefined && type.startsWith('iam:'))
    throw iamExit(aws('IAM', 'CreateRole', 400, 'InvalidInput', tagFault));
  if (tagFault !== undefined) throw networkExit(ec2('CreateTags', 400, 'InvalidParameterValue', tagFault));
  if (type === 'elasticloadbalancing:loadbalancer' && name.startsWith('internal-')) {
    const message = `The load balancer name '${name}' cannot begin with 'internal-'`;
    throw networkExit(aws('ELBv2', 'CreateLoadBalancer', 400, 'ValidationError', message));
  }
  if (type === 'ec2:security-group' && name.startsWith('sg-')) {
    const message = `Value (${name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.`;
    throw networkExit(ec2('CreateSecurityGroup', 400, 'InvalidParameterValue', message));
  }
}

function tagFaultOf(tags: readonly (readonly [string, string])[], isIam: boolean): string | undefined {
  const keys = new Set(tags.map(([key]) => key.toLowerCase()));
  if (isIam && keys.size < tags.length) {
    return 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';
  }
  for (const [key, value] of tags) {
    if (/^aws:/i.test(key)) return "Tag keys starting with 'aws:' are reserved for internal use";
    if (key.length > 128 || value.length > 256) return `Tag '${key}' exceeds the maximum length`;
    if (!TAG_CHARACTERS.test(key) || !TAG_CHARACTERS.test(value))
      return `Tag '${key}' has invalid characters`;
  }
  return undefined;
}

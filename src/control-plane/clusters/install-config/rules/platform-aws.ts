import { TAG_LIMITS } from '../../policy/aws-tags.ts';
import { endpointFault } from '../hosts.ts';
import type { AwsPlatformInput, ServiceEndpointInput } from '../install-config-input.ts';
import {
  forbidden,
  type InstallConfigProblem,
  invalid,
  required,
  tooMany,
} from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';
import { awsMachineProblems, subnetCount } from './platform-aws-pool.ts';
import { awsSubnetProblems } from './platform-aws-subnets.ts';

const FIELD = 'platform.aws';

/** Rules on `platform.aws`. */
export function awsPlatformProblems(context: RuleContext): InstallConfigProblem[] {
  const platform = context.input.platform?.aws;
  if (platform === undefined) return [];
  const defaults = platform.defaultMachinePlatform;
  return [
    ...(platform.region ? [] : [required(`${FIELD}.region`, 'must be given')]),
    ...hostedZoneProblems(platform, context.credentialsMode),
    ...awsSubnetProblems(platform, context.publish),
    ...endpointProblems(
      platform.serviceEndpoints ?? [],
      `${FIELD}.serviceEndpoints`,
      (request) => request === '/',
    ),
    ...userTagProblems(platform.userTags ?? {}),
    ...(defaults === undefined
      ? []
      : awsMachineProblems(platform, defaults, `${FIELD}.defaultMachinePlatform`)),
  ];
}

function hostedZoneProblems(platform: AwsPlatformInput, credentialsMode: string): InstallConfigProblem[] {
  const problems: InstallConfigProblem[] = [];
  if (platform.hostedZone && subnetCount(platform) === 0) {
    problems.push(invalid(`${FIELD}.hostedZone`, 'an existing hosted zone needs existing subnets'));
  }
  if (platform.hostedZoneRole && !platform.hostedZone) {
    problems.push(invalid(`${FIELD}.hostedZoneRole`, 'needs a hosted zone'));
  }
  if (platform.hostedZoneRole && credentialsMode !== 'Manual' && credentialsMode !== 'Passthrough') {
    problems.push(
      forbidden(`${FIELD}.credentialsMode`, 'a hostedZoneRole needs credentialsMode Passthrough or Manual'),
    );
  }
  return problems;
}

/** Rules on service endpoints: each service once, with an https URL. */
export function endpointProblems(
  endpoints: readonly ServiceEndpointInput[],
  field: string,
  isPathAllowed: (request: string) => boolean,
): InstallConfigProblem[] {
  return endpoints.flatMap(({ name, url }, index) => {
    const repeated = endpoints.slice(0, index).some((earlier) => earlier.name === name);
    const fault = endpointFault(url ?? '', isPathAllowed);
    return [
      ...(repeated ? [invalid(`${field}[${index}].name`, 'this service has an endpoint already')] : []),
      ...(fault === undefined ? [] : [invalid(`${field}[${index}].url`, fault)]),
    ];
  });
}

function userTagProblems(tags: Readonly<Record<string, string>>): InstallConfigProblem[] {
  const field = `${FIELD}.userTags`;
  const count = Object.keys(tags).length;
  return [
    ...(count > TAG_LIMITS.maxTags ? [tooMany(field, TAG_LIMITS.maxTags, count)] : []),
    ...Object.entries(tags).flatMap(([key, value]) => {
      const fault = tagFault(key, value);
      return fault === undefined ? [] : [invalid(`${field}[${key}]`, fault)];
    }),
  ];
}

/** In the installer's pattern `+-@` is a range, so it also accepts `, ; < = > ?`. policy/aws-tags.ts is as strict as AWS. */
const TAG_CHARACTERS = /^[0-9A-Za-z_.:/=+-@\p{Z}]*$/u;

function tagFault(key: string, value: string): string | undefined {
  if (key.toLowerCase() === 'name') return 'the key Name is taken by the installer';
  if (!TAG_CHARACTERS.test(key)) return 'the key has characters that are not allowed';
  if (!TAG_CHARACTERS.test(value)) return 'the value has characters that are not allowed';
  if (key === '' || Buffer.byteLength(key) > 128) return 'the key must have 1 to 128 characters';
  if (value === '' || Buffer.byteLength(value) > 256) return 'the value must have 1 to 256 characters';
  if (/^([^/]*\.)?kubernetes.io\//.test(key)) return 'the key is in the kubernetes.io namespace';
  if (/^([^/]*\.)?openshift.io\//.test(key)) return 'the key is in the openshift.io namespace';
  return undefined;
}

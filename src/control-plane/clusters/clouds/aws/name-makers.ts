/** Resources that listings by tag omit, or that lose their tags: they are found by name. */
export type NamedType = 'iam:role' | 'iam:instance-profile' | 'iam:user' | 'iam:oidc-provider' | 's3:bucket';

interface NameMaker {
  readonly program: string;
  readonly types: readonly NamedType[];
  /** @returns whether this program may have made the name for the infraID. */
  readonly made: (name: string, infraId: string) => boolean;
}

/** Users of the credential operator begin with this many characters of the infraID, which has up to 27. */
const USER_PREFIX_LENGTH = 20;

/**
 * The programs that name resources after the infraID, and how each derives the name:
 * - installer: `pkg/asset/manifests/aws` and `pkg/infrastructure/aws` (`INFRAID-master-role`, `INFRAID-worker-profile`,
 *   `openshift-bootstrap-data-INFRAID`)
 * - cloud credential operator: `pkg/aws/actuator/actuator.go`, generateUserName
 * - ccoctl: `pkg/cmd/provisioning/aws` (roles `INFRAID-NAMESPACE-SECRET` cut at 64 characters, bucket `INFRAID-oidc`, an
 *   identity provider on that bucket; one behind CloudFront is found by tag)
 * - image registry operator: `pkg/storage/util/util.go`, GenerateStorageName, which joins repeated dashes
 *
 * What the ingress operator, the cloud controller, CSI drivers and the machine API make is named after other things: those
 * resources are found by tag, and DNS records by domain.
 */
const NAME_MAKERS: readonly NameMaker[] = [
  {
    program: 'installer',
    types: ['iam:role', 'iam:instance-profile'],
    made: (name, infraId) => name.startsWith(`${infraId}-`),
  },
  {
    program: 'installer',
    types: ['s3:bucket'],
    made: (name, infraId) => name === `openshift-bootstrap-data-${infraId}`,
  },
  {
    program: 'cloud credential operator',
    types: ['iam:user'],
    made: (name, infraId) => name.startsWith(`${infraId.slice(0, USER_PREFIX_LENGTH)}-`),
  },
  {
    program: 'ccoctl',
    types: ['iam:role', 's3:bucket'],
    made: (name, infraId) => name.startsWith(`${infraId}-`),
  },
  {
    program: 'ccoctl',
    types: ['iam:oidc-provider'],
    made: (name, infraId) => name.startsWith(`${infraId}-oidc.`),
  },
  {
    program: 'image registry operator',
    types: ['s3:bucket'],
    made: (name, infraId) => name.startsWith(`${infraId}-image-registry-`.replaceAll(/-{2,}/g, '-')),
  },
];

/** @returns the infraID after which a resource may be named; a name in full wins over a shortened one. */
export function infraIdOfName(type: NamedType, name: string, infraIds: readonly string[]): string | null {
  const made = infraIds.filter((infraId) =>
    NAME_MAKERS.some((maker) => maker.types.includes(type) && maker.made(name, infraId)),
  );
  return made.find((infraId) => name.includes(infraId)) ?? made[0] ?? null;
}

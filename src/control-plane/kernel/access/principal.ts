/** An AWS identity under the name that grants use. */
export interface AwsPrincipal {
  /** `user:ACCOUNT:path/NAME`, `role:ACCOUNT:NAME` or `sso:ACCOUNT:PERMISSION_SET`. */
  readonly principal: string;
  readonly kind: 'user' | 'role' | 'sso';
  readonly partition: string;
  readonly account: string;
  /** The session name of an assumed role. Its caller chooses it, so it decides nothing. */
  readonly claimedSession?: string;
}

const PARTITION_AND_SERVICE = '^arn:(?<partition>aws|aws-cn|aws-us-gov):';
const ROLE_NAME = '(?<name>[\\w+=,.@-]{1,64})';
const ASSUMED_ROLE = new RegExp(
  `${PARTITION_AND_SERVICE}sts::(?<account>\\d{12}):assumed-role/${ROLE_NAME}/(?<session>[\\w+=,.@-]{2,64})$`,
);
const USER = new RegExp(
  `${PARTITION_AND_SERVICE}iam::(?<account>\\d{12}):user/(?<name>(?:[!-.0-~]{1,128}/){0,20}[\\w+=,.@-]{1,64})$`,
);
const ROLE = new RegExp(
  `${PARTITION_AND_SERVICE}iam::(?<account>\\d{12}):role/(?<path>(?:[!-.0-~]{1,128}/){0,20})${ROLE_NAME}$`,
);
/** Roles that IAM Identity Center creates for a permission set. The suffix changes when the assignment is created again. */
const OF_PERMISSION_SET = /^AWSReservedSSO_(?<set>[\w+=,.@-]{1,32})_[0-9a-f]{16}$/;
/** The limit in openapi.yaml. */
const MAX_PRINCIPAL = 300;

/**
 * The principal of an ARN from GetCallerIdentity: a user, or an assumed role. Undefined for anything else: the root user, federated
 * users, services.
 */
export function principalOfCaller(arn: string): AwsPrincipal | undefined {
  const user = USER.exec(arn)?.groups;
  if (user) return principalOf('user', user);
  const { session, ...role } = ASSUMED_ROLE.exec(arn)?.groups ?? {};
  const found = role['name'] === undefined ? undefined : principalOfRole(role);
  return found && session !== undefined ? { ...found, claimedSession: session } : undefined;
}

/** The principal of a role's own ARN, without the path, which STS does not report. Role names are unique in an account. */
export function principalOfRoleArn(arn: string): (AwsPrincipal & { readonly path: string }) | undefined {
  const { path = '', ...role } = ROLE.exec(arn)?.groups ?? {};
  const found = role['name'] === undefined ? undefined : principalOfRole(role);
  return found && { ...found, path };
}

type Groups = Readonly<Record<string, string>>;

function principalOfRole(role: Groups): AwsPrincipal | undefined {
  const set = OF_PERMISSION_SET.exec(role['name'] ?? '')?.groups?.['set'];
  return set === undefined ? principalOf('role', role) : principalOf('sso', { ...role, name: set });
}

function principalOf(
  kind: AwsPrincipal['kind'],
  { partition = '', account = '', name = '' }: Groups,
): AwsPrincipal | undefined {
  const principal = `${kind}:${account}:${name}`;
  return principal.length > MAX_PRINCIPAL ? undefined : { principal, kind, partition, account };
}

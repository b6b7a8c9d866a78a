/** Whom AWS vouches for, under the name by which grants know them. */
export interface AwsPrincipal {
  /** `user:ACCOUNT:path/NAME`, `role:ACCOUNT:NAME` or `sso:ACCOUNT:PERMISSION_SET`. */
  readonly principal: string;
  readonly kind: 'user' | 'role' | 'sso';
  readonly partition: string;
  readonly account: string;
  /** The name of a role's session. Whoever takes on the role chooses it, so it is a claim and decides nothing. */
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
/** IAM Identity Center names the roles of a permission set so; the suffix changes when its assignments are made anew. */
const OF_PERMISSION_SET = /^AWSReservedSSO_(?<set>[\w+=,.@-]{1,32})_[0-9a-f]{16}$/;
/** Also the limit of the contract. */
const MAX_PRINCIPAL = 300;

/**
 * The principal of an ARN as GetCallerIdentity gives it: a user, or a role that was taken on. Undefined for everything else:
 * the root of an account, federated users, services.
 */
export function principalOfCaller(arn: string): AwsPrincipal | undefined {
  const user = USER.exec(arn)?.groups;
  if (user) return principalOf('user', user);
  const { session, ...role } = ASSUMED_ROLE.exec(arn)?.groups ?? {};
  const found = role['name'] === undefined ? undefined : principalOfRole(role);
  return found && session !== undefined ? { ...found, claimedSession: session } : undefined;
}

/** The principal of a role's own ARN. Its path is lost, as STS does not tell it; names are unique without. */
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

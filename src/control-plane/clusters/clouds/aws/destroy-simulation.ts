import type { EvaluationResult } from '@aws-sdk/client-iam';
import type { CloudIdentity, PreflightProblem } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { AwsError } from './aws-error.ts';
import { type DestroyDemand, type DestroyPermission, destroyPermissions } from './destroy-permissions.ts';

export interface DestroySimulation {
  readonly problems: readonly (PreflightProblem & { readonly code: 'ACCESS_DENIED' })[];
  /** What could not be asked, with the actions. */
  readonly notes: readonly string[];
}

/** Why IAM would deny an action. */
type Verdict = 'allowed' | 'no policy' | 'boundary' | 'organization' | 'condition';

/** Services whose requests go to one region, whichever the cluster is in. */
const GLOBAL_ACTION = /^(?:iam|route53):/;
const NOT_ASKED = 'not checked: whether a destroy may delete what a create makes';

/**
 * Asks IAM whether the worker may do what a destroy does: the only way to find out without doing it. A denial counts if the policies
 * of the worker's principal are its cause; of those of the organization, simulations ignore the conditions (aws/aws-sdk#102).
 */
export async function simulateDestroy(
  aws: AwsApi,
  identity: CloudIdentity,
  demand: DestroyDemand,
): Promise<DestroySimulation> {
  const needed = destroyPermissions(demand, identity.account);
  // An account's root user may do everything.
  if (identity.principal.endsWith(':root')) return { problems: [], notes: [] };
  try {
    const source = await policySource(aws, identity);
    if (source === undefined) {
      return { problems: [], notes: [note(`${identity.principal} has no policies of its own`, needed)] };
    }
    const verdicts = await verdictsOf(aws, source, needed, demand.region);
    return { problems: problemsOf(verdicts), notes: notesOf(verdicts) };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { problems: [], notes: [note(error.message, needed)] };
  }
}

function note(why: string, needed: readonly DestroyPermission[]): string {
  return `${NOT_ASKED}: ${why}; it needs ${actionsOf(needed)}`;
}

const actionsOf = (needed: readonly DestroyPermission[]) => distinctActions(needed).sort().join(', ');

const distinctActions = (permissions: readonly DestroyPermission[]) => [
  ...new Set(permissions.map(({ action }) => action)),
];

/** The user or role whose policies decide. The ARN of a session has neither the path of its role nor its policies. */
async function policySource(aws: AwsApi, { principal }: CloudIdentity): Promise<string | undefined> {
  const [, kind, name] = /^arn:[\w-]+:\w+::\d+:(user|assumed-role)\/([^/]+)/.exec(principal) ?? [];
  if (kind === 'user') return principal;
  if (name === undefined) return undefined;
  const { GetRoleCommand } = await import('@aws-sdk/client-iam');
  const iam = await aws.clients.iam();
  const { Role } = await aws.call("reading the worker's role", (options) =>
    iam.send(new GetRoleCommand({ RoleName: name }), options),
  );
  return Role?.Arn;
}

/** Asked for all resources first; what that denies may be allowed for those of a cluster. */
async function verdictsOf(
  aws: AwsApi,
  source: string,
  needed: readonly DestroyPermission[],
  clusterRegion: string,
): Promise<ReadonlyMap<DestroyPermission, Verdict>> {
  const verdicts = new Map<DestroyPermission, Verdict>();
  const ask = async (permissions: readonly DestroyPermission[], resource: string, region: string) => {
    const results = await simulate(aws, source, permissions, resource, region);
    for (const permission of permissions) {
      const result = results.find(({ EvalActionName }) => EvalActionName === permission.action);
      verdicts.set(permission, verdictOf(result));
    }
  };
  const isGlobal = ({ action }: DestroyPermission) => GLOBAL_ACTION.test(action);
  const regional = needed.filter((permission) => !isGlobal(permission));
  await Promise.all([ask(needed.filter(isGlobal), '*', GLOBAL_REGION), ask(regional, '*', clusterRegion)]);
  const limited = needed.filter(
    (permission) => permission.resource !== '*' && verdicts.get(permission) === 'no policy',
  );
  // One after the other: simulations have a low rate limit.
  for (const resource of new Set(limited.map((permission) => permission.resource))) {
    const permissions = limited.filter((permission) => permission.resource === resource);
    await ask(permissions, resource, permissions.some(isGlobal) ? GLOBAL_REGION : clusterRegion);
  }
  return verdicts;
}

async function simulate(
  aws: AwsApi,
  source: string,
  permissions: readonly DestroyPermission[],
  resource: string,
  region: string,
): Promise<EvaluationResult[]> {
  const { SimulatePrincipalPolicyCommand } = await import('@aws-sdk/client-iam');
  const iam = await aws.clients.iam();
  return allAwsPages(async (Marker) => {
    const command = new SimulatePrincipalPolicyCommand({
      PolicySourceArn: source,
      ActionNames: distinctActions(permissions),
      ResourceArns: [resource],
      // Policies that allow some regions only are common.
      ContextEntries: [
        { ContextKeyName: 'aws:RequestedRegion', ContextKeyType: 'string', ContextKeyValues: [region] },
      ],
      Marker,
    });
    const { EvaluationResults = [], Marker: next } = await aws.call(
      'simulating the policies of the worker',
      (options) => iam.send(command, options),
    );
    return { items: EvaluationResults, next };
  });
}

function verdictOf(result: EvaluationResult | undefined): Verdict {
  if (result === undefined) return 'condition';
  if (result.EvalDecision === 'allowed') return 'allowed';
  if (result.OrganizationsDecisionDetail?.AllowedByOrganizations === false) return 'organization';
  if ((result.MissingContextValues ?? []).length > 0) return 'condition';
  if (result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false) return 'boundary';
  return 'no policy';
}

function withVerdict(
  verdicts: ReadonlyMap<DestroyPermission, Verdict>,
  wanted: Verdict,
): DestroyPermission[] {
  return [...verdicts].filter(([, verdict]) => verdict === wanted).map(([permission]) => permission);
}

function problemsOf(verdicts: ReadonlyMap<DestroyPermission, Verdict>): DestroySimulation['problems'] {
  const problem = (denied: readonly DestroyPermission[], why: string, hint: string) =>
    denied.length === 0
      ? []
      : [
          {
            code: 'ACCESS_DENIED' as const,
            message: `a destroy could not delete what a create makes: ${why} to perform ${actionsOf(denied)}`,
            hint,
            retryable: false,
          },
        ];
  return [
    ...problem(
      withVerdict(verdicts, 'no policy'),
      "the worker's AWS principal is not authorized",
      'allow these actions for it; docs/connect-aws.md lists what a destroy needs',
    ),
    ...problem(
      withVerdict(verdicts, 'boundary'),
      "a permissions boundary does not authorize the worker's AWS principal",
      "allow these actions in the permissions boundary of the worker's principal",
    ),
  ];
}

function notesOf(verdicts: ReadonlyMap<DestroyPermission, Verdict>): string[] {
  const uncertain = (denied: readonly DestroyPermission[], why: string) =>
    denied.length === 0 ? [] : [`${NOT_ASKED}: ${why} ${actionsOf(denied)}`];
  return [
    ...uncertain(
      withVerdict(verdicts, 'organization'),
      'IAM simulates that a policy of the organization denies, without the conditions of that policy,',
    ),
    ...uncertain(
      withVerdict(verdicts, 'condition'),
      'policies have conditions that only a real request fulfils for',
    ),
  ];
}

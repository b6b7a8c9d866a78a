/** Why IAM denied a call, from the message of the error. */
interface Denial {
  /** Such as `tag:GetResources`; not all services name it. */
  readonly action: string | undefined;
  /** The kind of policy that denies it, as IAM calls it; undefined if no policy allows it. */
  readonly policy: string | undefined;
  readonly byOrganization: boolean;
  readonly hint: string;
}

/** IAM User Guide, "Troubleshoot access denied error messages": the action, then `with an explicit deny in …` or `because no … allows`. */
const ACTION = /not authorized to perform: ([\w-]+:\w+)/;
const EXPLICIT =
  /with an explicit deny in an? ((?:service control|resource control|VPC endpoint|session|resource-based|identity-based) policy|permissions boundary)/i;
const IMPLICIT =
  /because no ((?:service control|resource control|VPC endpoint|session|resource-based) policy|permissions boundary) allows/i;

/** What to do about each kind of policy: with most of them the worker's own policy cannot help. */
const HINTS: Readonly<Record<string, (action: string) => string>> = {
  'service control policy': (action) =>
    `a policy of the organization denies it: have it allow ${action} for the worker, or use another region or account`,
  'resource control policy': (action) =>
    `a policy of the organization denies it: have it allow ${action} for the worker, or use another account`,
  'vpc endpoint policy': (action) => `allow ${action} in the policy of the VPC endpoint`,
  'session policy': (action) => `allow ${action} in the policy with which the worker's session is made`,
  'resource-based policy': (action) => `allow ${action} in the policy of the resource`,
  'identity-based policy': (action) =>
    `remove the Deny of ${action} from the policies of the worker's principal`,
  'permissions boundary': (action) => `allow ${action} in the permissions boundary of the worker's principal`,
};

/** @param message of an error with which AWS denies a call */
export function denialOf(message: string): Denial {
  const action = ACTION.exec(message)?.[1];
  const policy = (EXPLICIT.exec(message) ?? IMPLICIT.exec(message))?.[1];
  const kind = policy?.toLowerCase() ?? '';
  return {
    action,
    policy,
    byOrganization: kind === 'service control policy' || kind === 'resource control policy',
    hint: HINTS[kind]?.(action ?? 'the action') ?? 'attach deploy/aws/worker-policy.json to it',
  };
}

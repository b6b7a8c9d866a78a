import type { Call, Fault } from './faulty-proxy.ts';

/** The decision on an action. */
export interface SimulatedDecision {
  readonly decision: 'allowed' | 'implicitDeny' | 'explicitDeny';
  readonly missing?: readonly string[];
  readonly byOrganization?: boolean;
  readonly byBoundary?: boolean;
}

export interface SimulatedRequest {
  readonly source: string;
  readonly action: string;
  readonly resource: string;
  /** `aws:RequestedRegion` of the context. */
  readonly region: string;
}

export const ALLOWED: SimulatedDecision = { decision: 'allowed' };
/** moto has no ARN of IAM for unknown keys. */
const SOURCE = /^arn:aws:(?:iam::\d{12}:(?:user|role)|sts::\d{12}:user)\/\S+$/;
const PAGE_SIZE = 20;

/** `iam:SimulatePrincipalPolicy`, which moto lacks: pages of results, and no sessions as the source of policies. */
export function policySimulator(decide: (request: SimulatedRequest) => SimulatedDecision): Fault {
  return {
    when: isSimulation,
    times: Number.POSITIVE_INFINITY,
    status: 200,
    body: ({ text }) => {
      const form = new URLSearchParams(text.slice(text.lastIndexOf(' ') + 1));
      const source = form.get('PolicySourceArn') ?? '';
      if (!SOURCE.test(source)) throw new Error(`AWS simulates no policies of ${source}`);
      const actions = [...form].filter(([name]) => name.startsWith('ActionNames.')).map(([, value]) => value);
      const from = Number(form.get('Marker') ?? 0);
      const results = actions.slice(from, from + PAGE_SIZE).map((action) => {
        const resource = form.get('ResourceArns.member.1') ?? '*';
        const region = form.get('ContextEntries.member.1.ContextKeyValues.member.1') ?? '';
        return result(action, resource, decide({ source, action, resource, region }));
      });
      const more = from + PAGE_SIZE < actions.length;
      return `<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>
<IsTruncated>${more}</IsTruncated>${more ? `<Marker>${from + PAGE_SIZE}</Marker>` : ''}
<EvaluationResults>${results.join('')}</EvaluationResults>
</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
    },
  };
}

export const isSimulation = ({ service, text }: Call): boolean =>
  service === 'iam' && text.includes('Action=SimulatePrincipalPolicy');

function result(action: string, resource: string, decision: SimulatedDecision): string {
  const { missing = [], byOrganization = false, byBoundary = false } = decision;
  const keys = missing.map((key) => `<member>${key}</member>`).join('');
  return `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>${resource}</EvalResourceName>
<EvalDecision>${decision.decision}</EvalDecision><MissingContextValues>${keys}</MissingContextValues>
<OrganizationsDecisionDetail><AllowedByOrganizations>${!byOrganization}</AllowedByOrganizations></OrganizationsDecisionDetail>
<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>${!byBoundary}</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail></member>`;
}

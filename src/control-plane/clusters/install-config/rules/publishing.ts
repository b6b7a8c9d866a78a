import { type InstallConfigProblem, invalid, notSupported, oneOf } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

const INTERNAL = ['aws', 'azure', 'gcp', 'ibmcloud', 'powervs'];

/** Rules on `publish` and `operatorPublishingStrategy`. */
export function publishingProblems({ input, publish, platform }: RuleContext): InstallConfigProblem[] {
  const strategy = input.operatorPublishingStrategy;
  const problems = oneOf('publish', publish, ['External', 'Internal', 'Mixed']);
  if (publish === 'Internal' && !INTERNAL.includes(platform)) {
    problems.push(invalid('publish', 'Internal is not supported on this platform'));
  }
  if (publish === 'Mixed' && platform !== 'azure') {
    problems.push(invalid('publish', 'Mixed is not supported on this platform'));
  }
  if (publish === 'Mixed' && strategy === undefined) {
    problems.push(invalid('publish', 'Mixed needs an operatorPublishingStrategy'));
  }
  if (publish !== 'Mixed' && strategy !== undefined) {
    problems.push(invalid('operatorPublishingStrategy', 'is allowed with publish Mixed only'));
  }
  if (strategy !== undefined) problems.push(...strategyProblems(strategy.apiserver, strategy.ingress));
  return problems;
}

/** The installer reports these two fields without their parent. */
function strategyProblems(apiserver = '', ingress = ''): InstallConfigProblem[] {
  const values = { apiserver: apiserver || 'External', ingress: ingress || 'External' };
  const problems = Object.entries(values).flatMap(([field, value]) =>
    ['External', 'Internal'].includes(value) ? [] : [notSupported(field, ['External', 'Internal'])],
  );
  if (values.apiserver === 'Internal' && values.ingress === 'Internal') {
    problems.push(invalid('publish', 'both internal means publish Internal'));
  }
  return problems;
}

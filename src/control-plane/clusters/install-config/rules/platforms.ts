import { type InstallConfigProblem, invalid } from '../install-config-problem.ts';
import { PLATFORM_NAMES, type RuleContext } from '../rule-context.ts';

/** Exactly one platform must be given. */
export function platformProblems({ platform, platforms }: RuleContext): InstallConfigProblem[] {
  if (platform === '') return [invalid('platform', `must be one of ${PLATFORM_NAMES.join(', ')}`)];
  return platforms
    .slice(1)
    .map((other) => invalid('platform', `must be one only, not ${platform} and ${other}`));
}

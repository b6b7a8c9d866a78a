import type { PlanOverrides } from '../builder/plan/plan-result.ts';
import type { ServiceSettings } from '../policy/service-settings.ts';

/** What the planner need not guess. */
export function overridesOf({ root, build, start, kind }: ServiceSettings): PlanOverrides {
  return {
    ...(root === undefined ? {} : { root }),
    ...(build === undefined ? {} : { build }),
    ...(start === undefined ? {} : { start }),
    ...(kind === 'static' ? { kind } : {}),
  };
}

import type { BuildPlan } from '../builder/builder.ts';
import { planBuild } from '../builder/plan/plan-build.ts';
import type { PlanOverrides, PlanProblem } from '../builder/plan/plan-result.ts';
import type { SourceFiles } from '../builder/plan/source-files.ts';
import type { ServiceKind, ServiceSettings } from '../policy/service-settings.ts';

export type PlannedSource =
  | { readonly plan: BuildPlan; readonly kind: ServiceKind; readonly problem?: undefined }
  | { readonly plan?: undefined; readonly problem: PlanProblem };

/** How a source is built and what kind of service it is, as the user says or as it is guessed. @param builder its name */
export function planSource(files: SourceFiles, settings: ServiceSettings, builder: string): PlannedSource {
  const { plan, problem } = planBuild(files, {
    overrides: overridesOf(settings),
    canRunImages: builder === 'buildah',
  });
  if (problem) return { problem };
  return { plan, kind: settings.kind ?? plan.serviceKind };
}

/** What was looked for, and what to do. */
export function detailsOf({ lookedFor, hint }: PlanProblem): string[] {
  return [...(lookedFor.length > 0 ? [`looked for ${lookedFor.join(', ')}`] : []), ...(hint ? [hint] : [])];
}

/** What the planner need not guess. */
function overridesOf({ root, build, start, kind }: ServiceSettings): PlanOverrides {
  return {
    ...(root === undefined ? {} : { root }),
    ...(build === undefined ? {} : { build }),
    ...(start === undefined ? {} : { start }),
    ...(kind === 'static' ? { kind } : {}),
  };
}

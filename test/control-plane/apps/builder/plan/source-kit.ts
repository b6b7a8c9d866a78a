import { shownCommand } from '../../../../../src/control-plane/apps/builder/plan/command-words.ts';
import { planBuild } from '../../../../../src/control-plane/apps/builder/plan/plan-build.ts';
import type {
  PlanOptions,
  PlanResult,
} from '../../../../../src/control-plane/apps/builder/plan/plan-result.ts';
import {
  isPlannerFile,
  type SourceFiles,
} from '../../../../../src/control-plane/apps/builder/plan/source-files.ts';

/** A source of these files: a text, or an object for a JSON file. */
function sourceOf(files: Readonly<Record<string, string | object>>): SourceFiles {
  const texts = Object.entries(files).map(
    ([path, content]) => [path, typeof content === 'string' ? content : JSON.stringify(content)] as const,
  );
  return {
    paths: Object.keys(files).sort(),
    texts: new Map(texts.filter(([path]) => isPlannerFile(path))),
  };
}

export function planOf(
  files: Readonly<Record<string, string | object>>,
  { overrides = {}, canRunImages = false }: Partial<PlanOptions> = {},
): PlanResult {
  return planBuild(sourceOf(files), { overrides, canRunImages });
}

/** What decides in a plan, as short as a table needs it. */
export function summary(
  files: Readonly<Record<string, string | object>>,
  options: Partial<PlanOptions> = {},
) {
  const { plan, problem } = planOf(files, options);
  if (plan === undefined)
    return { problem: problem.message, ...(problem.hint === undefined ? {} : { hint: problem.hint }) };
  return {
    kind: plan.kind,
    steps: plan.steps.map(({ argv }) => shownCommand(argv)),
    start: shownCommand(plan.start),
    ...(plan.outputDirectory === '.' ? {} : { output: plan.outputDirectory }),
    ...(plan.languageVersion === undefined ? {} : { version: plan.languageVersion }),
  };
}

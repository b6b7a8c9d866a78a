import { closestMatch } from '../../../../contract/closest-match.ts';
import type { BuildKind } from '../builder.ts';
import { shownCommand } from './command-words.ts';
import { CONTAINERFILES, planContainerfile } from './plan-containerfile.ts';
import { asProgram, fact, type PlanDraft, userCommand } from './plan-draft.ts';
import { planGo } from './plan-go.ts';
import { planNode } from './plan-node.ts';
import { withProcfile } from './plan-procfile.ts';
import { planPython } from './plan-python.ts';
import type { PlanOptions, PlanOverrides, PlanProblem, PlanResult } from './plan-result.ts';
import { planStatic } from './plan-static.ts';
import { type SourceFiles, SourceView } from './source-files.ts';
import { unplannedProblem } from './unplanned-problem.ts';

/** In this order: the first that finds something decides. */
const LANGUAGES: readonly (readonly [BuildKind, (view: SourceView) => PlanDraft | string | undefined])[] = [
  ['node', planNode],
  ['go', planGo],
  ['python', planPython],
  ['static', planStatic],
];

/** How the source is built and started, guessed from its files. Reads nothing but these. */
export function planBuild(files: SourceFiles, options: PlanOptions): PlanResult {
  const { overrides } = options;
  const root = rootOf(files, overrides.root);
  if (typeof root !== 'string') return { problem: root };
  const view = new SourceView(files, root);
  const found = draft(view, options);
  if (typeof found === 'string') return { problem: { message: found, lookedFor: [] } };
  const overridden = found === undefined ? undefined : override(found, overrides);
  if (overridden === undefined) return { problem: unplannedProblem(view, options) };
  const { start, startLookedFor = [], serviceKind = 'web', ...rest } = overridden;
  if (start === undefined) {
    const hint = 'say how it starts: --start COMMAND, start in app.yaml, or web in a Procfile';
    return { problem: { message: 'it is not clear how it starts', lookedFor: startLookedFor, hint } };
  }
  return { plan: { ...rest, start, serviceKind, rootDirectory: root } };
}

function draft(view: SourceView, { overrides, canRunImages }: PlanOptions) {
  const { kind } = overrides;
  const useImage = kind === 'containerfile' || (kind === undefined && canRunImages);
  const image = useImage ? planContainerfile(view) : undefined;
  if (kind === 'containerfile' || image !== undefined) return image;
  const ignored = kind === undefined ? view.first(...CONTAINERFILES) : undefined;
  const language = languageDraft(view, kind);
  if (typeof language === 'string') return language;
  const whole = withProcfile(view, language ?? commandsOnly(overrides));
  if (whole === undefined || typeof whole === 'string' || ignored === undefined) return whole;
  const leftOut = fact(`${ignored} is not used`, 'this server builds no images');
  return { ...whole, facts: [leftOut, ...whole.facts] };
}

function languageDraft(view: SourceView, kind: BuildKind | undefined): PlanDraft | string | undefined {
  for (const [language, plan] of LANGUAGES) {
    // A site may be made by programs of Node.js.
    const isAsked = kind === undefined || kind === language || (kind === 'static' && language === 'node');
    const found = isAsked ? plan(view) : undefined;
    if (found === undefined) continue;
    if (kind === 'static' && typeof found !== 'string' && found.kind !== 'static') continue;
    return found;
  }
  return undefined;
}

/** Of a source in another language, the user can say it all. */
function commandsOnly({ kind, start, build }: PlanOverrides): PlanDraft | undefined {
  if (start === undefined || (kind !== undefined && kind !== 'procfile')) return undefined;
  const facts = build === undefined ? [fact('nothing to build', 'only start was given')] : [];
  return { kind: 'procfile', steps: [], outputDirectory: '.', start: undefined, facts };
}

function override(found: PlanDraft, { build, start, port }: PlanOverrides): PlanDraft {
  let plan = found;
  if (build !== undefined) {
    const argv = userCommand(build, plan);
    const kept = plan.steps.filter(({ name }) => name !== 'build');
    plan = {
      ...plan,
      steps: build.trim() === '' ? kept : [...kept, { name: 'build', argv }],
      facts: [
        ...without(plan, 'build'),
        fact(build.trim() === '' ? 'no build' : `build with ${shownCommand(argv)}`, 'as given'),
      ],
    };
  }
  if (start !== undefined) {
    plan = asProgram(plan);
    const argv = userCommand(start, plan);
    const facts = [...without(plan, 'start'), fact(`start with ${shownCommand(argv)}`, 'as given')];
    // What a command of the user serves needs the whole source.
    plan = { ...plan, start: argv, facts };
  }
  return port === undefined
    ? plan
    : { ...plan, port, facts: [...plan.facts, fact(`it listens on port ${port}`, 'as given')] };
}

function without({ facts }: PlanDraft, verb: 'build' | 'start') {
  return facts.filter(({ what }) => !what.startsWith(`${verb} `));
}

function rootOf(files: SourceFiles, root = '.'): string | PlanProblem {
  const path = root.replace(/^(\.\/+)+/, '').replace(/\/+$/, '') || '.';
  if (path.startsWith('/') || path.split('/').includes('..'))
    return { message: `root ${JSON.stringify(root)} is outside of the source`, lookedFor: [] };
  const prefix = `${path}/`;
  if (path === '.' || files.paths.some((each) => each.startsWith(prefix))) return path;
  const near = closestMatch(path, directoriesOf(files));
  const hint = near === undefined ? {} : { hint: `did you mean ${near}?` };
  return { message: `the source has no directory ${JSON.stringify(path)}`, lookedFor: [], ...hint };
}

function directoriesOf({ paths }: SourceFiles): string[] {
  const all = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1);
    return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  });
  return [...new Set(all)];
}

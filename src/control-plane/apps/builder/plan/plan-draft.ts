import type { BuildPlan, PlanFact } from '../builder.ts';
import { commandWords, withPackagePrograms } from './command-words.ts';

/** What the rules of a language found; the planner completes it. */
export interface PlanDraft extends Pick<BuildPlan, 'kind' | 'steps' | 'outputDirectory' | 'facts'> {
  readonly languageVersion?: string;
  /** Undefined: a build is known, but not what to start. */
  readonly start: readonly string[] | undefined;
  readonly serviceKind?: BuildPlan['serviceKind'];
  readonly containerfile?: string;
  readonly port?: number;
  /** What was looked for when `start` is undefined. */
  readonly startLookedFor?: readonly string[];
}

export function fact(what: string, why: string): PlanFact {
  return { what, why };
}

/** A site that a program of the user serves. */
export function asProgram(draft: PlanDraft): PlanDraft {
  if (draft.kind !== 'static') return draft;
  return {
    ...draft,
    kind: draft.steps.length > 0 ? 'node' : 'procfile',
    outputDirectory: '.',
    serviceKind: 'web',
  };
}

const PACKAGE_PROGRAMS: Partial<Record<BuildPlan['kind'], string>> = {
  node: 'node_modules/.bin',
  python: '.venv/bin',
};

/** A command of the user, as an instance runs it. */
export function userCommand(command: string, { kind }: PlanDraft): readonly string[] {
  const words = commandWords(command);
  const directory = PACKAGE_PROGRAMS[kind];
  const [program = ''] = words;
  const isFound = directory === undefined || (program.includes('/') && program !== '/bin/sh');
  return isFound || (kind === 'node' && /^(node|npm|npx)$/.test(program))
    ? words
    : withPackagePrograms(words, directory);
}

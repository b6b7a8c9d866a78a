import type { BuildKind, BuildPlan } from '../builder.ts';

/** What the user says instead of what would be guessed: settings of app.yaml, or flags. */
export interface PlanOverrides {
  readonly kind?: BuildKind;
  /** A command line instead of the build step; installing stays. Empty: no build. */
  readonly build?: string;
  readonly start?: string;
  readonly root?: string;
  readonly port?: number;
}

export interface PlanOptions {
  readonly overrides: PlanOverrides;
  /** Whether this server can build and run images. A Containerfile is left out otherwise, unless `kind` asks for it. */
  readonly canRunImages: boolean;
}

/** Why there is no plan, in the words of `app deploy --plan`. */
export interface PlanProblem {
  readonly message: string;
  readonly lookedFor: readonly string[];
  readonly hint?: string;
}

export type PlanResult =
  | { readonly plan: BuildPlan; readonly problem?: undefined }
  | { readonly plan?: undefined; readonly problem: PlanProblem };

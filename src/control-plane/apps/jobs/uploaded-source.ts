import type { Queryable } from '../../kernel/db/db.ts';
import { JobFailure } from '../../kernel/jobs/job.ts';
import type { Builder, BuildPlan } from '../builder/builder.ts';
import { planBuild } from '../builder/plan/plan-build.ts';
import type { SourceFiles } from '../builder/plan/source-files.ts';
import type { ServiceSettings } from '../policy/service-settings.ts';
import type { AppServices } from '../service/app-services.ts';
import { overridesOf } from '../service/plan-overrides.ts';
import { openUploaded } from '../service/uploaded-parts.ts';
import { SourceError } from '../source/source-error.ts';
import type { SourceSummary } from '../source/source-summary.ts';
import { unpackSource } from '../source/unpack-source.ts';

/** Unpacks an uploaded source into a new directory. @returns what its plan is made from @throws JobFailure SOURCE_UNUSABLE */
export async function unpackUploaded(
  services: Pick<AppServices, 'artifacts'>,
  db: Queryable,
  source: { readonly team: string; readonly sha256: string },
  directory: string,
): Promise<SourceSummary> {
  try {
    return await unpackSource(await openUploaded(services, db, source), { directory, sha256: source.sha256 });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new JobFailure('SOURCE_UNUSABLE', error.message, { retryable: false, cause: error });
  }
}

/** @throws JobFailure PLAN_FAILED */
export function planSource(files: SourceFiles, settings: ServiceSettings, builder: Builder): BuildPlan {
  const { plan, problem } = planBuild(files, {
    overrides: overridesOf(settings),
    canRunImages: builder.name === 'buildah',
  });
  if (plan !== undefined) return plan;
  const { message, lookedFor, hint } = problem;
  const details = [lookedFor.length > 0 ? `looked for ${lookedFor.join(', ')}` : undefined, hint];
  throw new JobFailure('PLAN_FAILED', [message, ...details.filter(Boolean)].join(': '), { retryable: false });
}

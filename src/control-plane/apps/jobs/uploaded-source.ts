import type { Queryable } from '../../kernel/db/db.ts';
import { JobFailure } from '../../kernel/jobs/job.ts';
import type { SourceFiles } from '../builder/plan/source-files.ts';
import type { ServiceSettings } from '../policy/service-settings.ts';
import type { AppServices } from '../service/app-services.ts';
import { detailsOf, planSource } from '../service/plan-source.ts';
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

/** @param builder its name @throws JobFailure PLAN_FAILED */
export function planUploaded(files: SourceFiles, settings: ServiceSettings, builder: string) {
  const planned = planSource(files, settings, builder);
  if (planned.plan) return planned;
  const { problem } = planned;
  const message = [problem.message, ...detailsOf(problem)].join(': ');
  throw new JobFailure('PLAN_FAILED', message, { retryable: false });
}

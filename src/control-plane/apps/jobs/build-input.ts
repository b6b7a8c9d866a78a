import { createHash } from 'node:crypto';
import type { BuildPlan } from '../builder/builder.ts';

/**
 * What decides what a build gives: the same input is not built twice.
 * @param contentSha256 of the source
 * @param builder name and version of what builds it
 */
export function hashOfBuildInput(contentSha256: string, plan: BuildPlan, builder: string): string {
  // What was guessed and why is for users: it changes nothing.
  const { facts: _facts, ...relevant } = plan;
  return createHash('sha256')
    .update(JSON.stringify([contentSha256, relevant, builder]))
    .digest('hex');
}

import { classifyFailure, type InstallFailure } from './classify-failure.ts';
import { type FailureRule, rulesOf } from './failure-rule.ts';

/**
 * Messages that only oc and ccoctl print: registries and the IBM Cloud libraries report an HTTP status and no code. Not used for the
 * installer's log, where such messages usually come from a controller that retries.
 */
export const TOOL_RULES: readonly FailureRule[] = [
  ...rulesOf({ retryable: false }, [
    {
      reason: 'PULL_SECRET_REFUSED',
      pattern: /unauthorized: (?:authentication required|access to the requested resource)/i,
      hint: 'the registry does not accept the pull secret: replace it',
    },
    {
      reason: 'PERMISSIONS_INSUFFICIENT',
      pattern: /\b403 Forbidden\b|(?:status|StatusCode)[: ]+403\b|\bnot authorized to\b/i,
      hint: 'the worker lacks the permission that the message names: extend its policy',
    },
    {
      reason: 'CREDENTIALS_INVALID',
      pattern: /\b401 Unauthorized\b|(?:status|StatusCode)[: ]+401\b/i,
      hint: 'the access key is wrong, disabled or expired: replace the credentials of the worker',
    },
    {
      reason: 'RELEASE_IMAGE_MISSING',
      pattern: /\bmanifest unknown\b/i,
      hint: 'the registry does not have the release of this installer: choose another version, or mirror the release',
    },
  ]),
  ...rulesOf({ retryable: true }, [
    {
      reason: 'API_RATE_LIMIT_EXCEEDED',
      pattern: /\b429 Too Many Requests\b|(?:status|StatusCode)[: ]+429\b/i,
      hint: 'the cloud throttles this account: retried after a pause; run fewer creates at a time',
    },
  ]),
];

/**
 * Finds the reason of a failed run of oc or ccoctl, first by the installer's rules, which have the error codes of the clouds.
 * @param lines the last lines of the tool
 * @returns undefined when the reason is unknown; it may be temporary
 */
export function classifyToolFailure(lines: readonly string[]): InstallFailure | undefined {
  const failure = classifyFailure(lines.join('\n'));
  if (failure.reason !== 'UNKNOWN') return failure;
  for (const { pattern, ...rule } of TOOL_RULES) {
    const line = lines.findLast((text) => pattern.test(text));
    if (line === undefined) continue;
    return { ...rule, cause: classifyFailure(line).cause, evidence: undefined };
  }
  return undefined;
}

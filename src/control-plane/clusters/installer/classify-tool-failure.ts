import { classifyFailure, type InstallFailure } from './classify-failure.ts';
import { type FailureRule, rulesOf } from './failure-rule.ts';

/**
 * What oc and ccoctl say in words of their own: registries and the libraries of IBM Cloud give a status of HTTP and no code. Only
 * here: in a log of the installer such words are often a controller's, which tries again.
 */
export const TOOL_RULES: readonly FailureRule[] = [
  ...rulesOf({ class: 'credentials', retryable: false, blame: 'operator' }, [
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
      hint: 'the access key is wrong, disabled or ended: replace the credentials of the worker',
    },
  ]),
  ...rulesOf({ class: 'install-config', retryable: false, blame: 'operator' }, [
    {
      reason: 'RELEASE_IMAGE_MISSING',
      pattern: /\bmanifest unknown\b/i,
      hint: 'the registry does not have the release of this installer: use another version, or mirror it',
    },
  ]),
  ...rulesOf({ class: 'throttling', retryable: true, blame: 'cloud' }, [
    {
      reason: 'API_RATE_LIMIT_EXCEEDED',
      pattern: /\b429 Too Many Requests\b|(?:status|StatusCode)[: ]+429\b/i,
      hint: 'the cloud throttles this account: retried after a pause; fewer creates at once help',
    },
  ]),
];

/**
 * Says why oc or ccoctl failed, by the installer's classes: its rules know the codes of the clouds. Undefined: nobody knows; that may pass.
 * @param said the last lines of the tool
 */
export function classifyToolFailure(said: readonly string[]): InstallFailure | undefined {
  const failure = classifyFailure(said.join('\n'));
  if (failure.reason !== 'UNKNOWN') return failure;
  for (const { pattern, ...rule } of TOOL_RULES) {
    const line = said.findLast((text) => pattern.test(text));
    if (line === undefined) continue;
    return { ...rule, cause: classifyFailure(line).cause, evidence: undefined };
  }
  return undefined;
}

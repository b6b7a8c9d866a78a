/**
 * Secrets that the installer writes to its log in clear text: a rejected pull secret, the kubeadmin password, cloud keys in requests
 * and messages. Known values are also redacted by value; these patterns catch secrets that ocpctl does not know.
 */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // A rejected field is quoted as Go does; a truncated line has no closing quote.
  [/(pullSecret: (?:Invalid|Unsupported) value: )"(?:\\.|[^"\\])*(?:"|$)/gs, '$1(hidden)'],
  // Plain or escaped to any depth, also truncated.
  [/\{\s*\\*"auths\\*"\s*:.*(?:\}|$)/gs, '(hidden)'],
  [
    /(\\*"(?:auth|password|secret|token|pullSecret|private_key|apikey)\\*"\s*:\s*\\*")[^"\\]*/gi,
    '$1(hidden)',
  ],
  [/(password:\s*\\*"?)[^\s"\\]+/gi, '$1(hidden)'],
  [/\b(?:[A-Za-z0-9]{5}-){3}[A-Za-z0-9]{5}\b/g, '(hidden)'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '(hidden)'],
  [
    /((?:secret_?access_?key|session_?token|api_?key|x-auth-token)\\*"?\s*[=:]\s*\\*"?)[^\s"\\,]+/gi,
    '$1(hidden)',
  ],
  [/(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s"]+/gi, '$1(hidden)'],
  [/\b(Bearer|Basic) [A-Za-z0-9+/._~=-]{8,}/g, '$1 (hidden)'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '(hidden)'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs, '(hidden)'],
  [/\bsha256~[\w-]+/g, '(hidden)'],
  [/(:\/\/[^\s/:@]+:)[^\s/@]+@/g, '$1(hidden)@'],
  [/(UserData:\s*\\*"?)[^\s",]+/g, '$1(hidden)'],
  // Not a secret, but the account can decode it into a page of policy.
  [/(encoded authorization failure message: )\S+/gi, '$1(encoded)'],
];

/** @returns the text of a log line without the secrets that installers write. Give whole lines, never chunks. */
export function maskSecrets(text: string): string {
  return SECRETS.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
}

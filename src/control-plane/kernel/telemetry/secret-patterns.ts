export const REDACTED = '[redacted]';

// Lengths are bounded, so that the cost stays linear in the length of a line.
const SECRET_KEY =
  '[\\w.-]{0,60}(?:auth|passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|key-data|credentials?)s?';
const SECRET_KEY_ALONE = new RegExp(`^${SECRET_KEY}$`, 'i');

/** Patterns of secrets. Names around a value are kept, so that a reader knows what was replaced. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // "password": "…", and the same inside a JSON string, where the quotes are escaped.
  [new RegExp(`"(${SECRET_KEY})"(\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"?`, 'gi'), `"$1"$2"${REDACTED}"`],
  [
    new RegExp(`(\\\\{1,8})"(${SECRET_KEY})\\1"(\\s*:\\s*)\\1".*?(?:(?<!\\\\)\\1"|$)`, 'gi'),
    `$1"$2$1"$3$1"${REDACTED}$1"`,
  ],
  // password: "…" in plain and escaped quotes; token: … and client-key-data: … of a kubeconfig.
  [
    /\b((?:kubeadmin[ -])?passw(?:or)?d|passphrase|token|[\w-]{0,40}secret|client-key-data|[\w-]{0,40}(?:secret_access|session|access|api|private)_?(?:key|token))(\s*[:=]\s*)(\\{0,8}")(?:(?!\3).)*(?:\3|$)/gi,
    `$1$2$3${REDACTED}$3`,
  ],
  [
    /\b((?:kubeadmin[ -])?passw(?:or)?d|passphrase|token|[\w-]{0,40}client-key-data|[\w-]{0,40}(?:secret_?access_?key|session_?(?:key|token)|security_?token|secret_?key|api_?key))(\s*[:=]\s*)(?!\\{0,8}"|\[redacted\])[^\s,;&"]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/(?<![\w-])((?:[A-Za-z0-9]{5}-){3}[A-Za-z0-9]{5})(?![\w-])/g, REDACTED],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, REDACTED],
  [
    /\b(Authorization|X-Auth-Token|Proxy-Authorization)(["']?\s*[:=]\s*)(?!\s*\[redacted\]).+/gi,
    `$1$2${REDACTED}`,
  ],
  [/\b(Bearer\s+)[\w.~+/=-]{8,}/gi, `$1${REDACTED}`],
  // "Basic" is also a word, so the value must look encoded.
  [/\b(Basic\s+)(?=[\w+/=-]*[A-Z0-9=])[\w+/=-]{8,}/g, `$1${REDACTED}`],
  [/\b((?:X-Amz-)?(?:Signature|Security-Token|Credential)=)[^\s&,"']+/gi, `$1${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g, REDACTED],
  [/\bsha256~[\w-]+/g, REDACTED],
  [/(:\/\/[^\s/:@"']*:)[^\s/@"']+@/g, `$1${REDACTED}@`],
  [/\b(UserData:\s*)[^,\s]+/g, `$1${REDACTED}`],
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, REDACTED],
];

/** Replaces everything in a line that matches a secret pattern. */
export function redactPatterns(line: string): string {
  return PATTERNS.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    redactAuths(line),
  );
}

/** @returns whether a value under this name is always a secret */
export function isSecretName(name: string): boolean {
  return SECRET_KEY_ALONE.test(name);
}

/** Replaces the object after "auths": (a pull secret), up to its closing brace or the end of the line. */
function redactAuths(line: string): string {
  const begin = /(\\{0,8}"auths\\{0,8}"\s*:\s*)\{/g;
  let out = '';
  let from = 0;
  for (let match = begin.exec(line); match !== null; match = begin.exec(line)) {
    const [, name = ''] = match;
    out += `${line.slice(from, match.index)}${name}${REDACTED}`;
    from = closingBrace(line, begin.lastIndex);
    begin.lastIndex = from;
  }
  return out + line.slice(from);
}

function closingBrace(line: string, from: number): number {
  let depth = 1;
  for (let at = from; at < line.length; at++) {
    const char = line.charAt(at);
    depth += char === '{' ? 1 : char === '}' ? -1 : 0;
    if (depth === 0) return at + 1;
  }
  return line.length;
}

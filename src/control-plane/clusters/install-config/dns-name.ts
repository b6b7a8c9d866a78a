const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @returns what is wrong with an RFC 1123 subdomain (labels are not limited, as the installer's are not), or undefined. */
export function subdomainFault(name: string): string | undefined {
  if (name.length > 253) return 'must be no more than 253 characters';
  if (SUBDOMAIN.test(name)) return undefined;
  return 'must be lower-case letters, digits, "-" and ".", each label starting and ending with a letter or digit';
}

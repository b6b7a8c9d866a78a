/** The URL of a proxy may have a user and a password. */
const CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@/i;

/** @returns the same data, with user and password in URLs masked */
export function maskUrlPasswords(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(CREDENTIALS, '$1(masked)@');
  if (Array.isArray(value)) return value.map(maskUrlPasswords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskUrlPasswords(child)]));
}

/** @returns all passwords in URLs of the data, as they are written there */
export function urlPasswords(value: unknown): string[] {
  if (typeof value === 'string') {
    const [, , credentials = ''] = CREDENTIALS.exec(value) ?? [];
    const password = credentials.slice(credentials.indexOf(':') + 1);
    return credentials.includes(':') && password !== '' ? [password] : [];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(urlPasswords) : [];
}

/** The URL of a proxy may have a user and a password. */
const CREDENTIALS = /^([a-z][a-z0-9+.-]*:\/\/)([^/@]*)@/i;

/** @returns the same data, with user and password in URLs masked */
export function maskUrlPasswords(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(CREDENTIALS, '$1(masked)@');
  if (Array.isArray(value)) return value.map(maskUrlPasswords);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, maskUrlPasswords(child)]));
}

/** User and password of URLs, by the JSON text of their path in the data. */
export type UrlCredentials = Readonly<Record<string, string>>;

/** @returns what `maskUrlPasswords` masks */
export function urlCredentials(value: unknown, path: readonly string[] = []): UrlCredentials {
  if (typeof value === 'string') {
    const credentials = CREDENTIALS.exec(value)?.[2];
    return credentials === undefined ? {} : { [JSON.stringify(path)]: credentials };
  }
  if (typeof value !== 'object' || value === null) return {};
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, child]) => urlCredentials(child, [...path, key])),
  );
}

/** @returns masked data with its users and passwords */
export function restoreUrlCredentials(
  value: unknown,
  credentials: UrlCredentials,
  path: readonly string[] = [],
): unknown {
  if (typeof value === 'string') {
    const own = credentials[JSON.stringify(path)];
    return own === undefined ? value : value.replace(CREDENTIALS, (_, scheme: string) => `${scheme}${own}@`);
  }
  if (typeof value !== 'object' || value === null) return value;
  const restored = Object.entries(value).map(
    ([key, child]) => [key, restoreUrlCredentials(child, credentials, [...path, key])] as const,
  );
  return Array.isArray(value) ? restored.map(([, child]) => child) : Object.fromEntries(restored);
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

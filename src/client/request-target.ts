export type QueryValue = string | number | boolean;

/** Encodes every byte but `A-Za-z0-9-._~`; encodeURIComponent alone leaves `!'()*`, which SigV4 encodes. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Expands the `{name}` parts of a path template. */
export function expandPath(template: string, values: Readonly<Record<string, QueryValue>>): string {
  return template.replace(/\{([^{}]+)\}/g, (part, name: string) => {
    const value = values[name];
    return value === undefined ? part : encodeStrictly(String(value));
  });
}

/** @returns `path?a=1&b=2`; undefined and null parameters are omitted, arrays are joined with commas. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, QueryValue | readonly QueryValue[] | null | undefined>>,
): string {
  const parameters = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeStrictly(name)}=${encodeStrictly(String(value))}`);
  return parameters.length === 0 ? path : `${path}?${parameters.join('&')}`;
}

interface ParsedTarget {
  readonly path: string;
  /** Decoded; a `+` is a plus. */
  readonly query: Readonly<Record<string, string>>;
  /** Names that are there more than once, which the server refuses; `query` has their last value. */
  readonly repeated: readonly string[];
}

/** Parses path and query. A parameter without `=` has an empty value. */
export function parseTarget(target: string): ParsedTarget {
  const questionMark = target.indexOf('?');
  if (questionMark < 0) return { path: target, query: {}, repeated: [] };
  const parameters = target.slice(questionMark + 1).split('&');
  const query = parameters
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      const name = equals < 0 ? parameter : parameter.slice(0, equals);
      return [decode(name), equals < 0 ? '' : decode(parameter.slice(equals + 1))] as const;
    });
  const names = query.map(([name]) => name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  return { path: target.slice(0, questionMark), query: Object.fromEntries(query), repeated };
}

/** An invalid escape, such as a typed `100%`, is kept as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

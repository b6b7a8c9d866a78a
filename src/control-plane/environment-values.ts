/** @returns the words of `a, b`, none of them empty; undefined when the variable is not set. */
export function listOf(text: string | undefined): string[] | undefined {
  return text
    ?.split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** @returns the number, or NaN for the schema to refuse; undefined when the variable is not set, or empty. */
export function numberOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined;
}

/** `a=b,c=d` as an object. */
export function pairsOf(text: string | undefined): Record<string, string> | undefined {
  if (!text) return undefined;
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name.trim(), value.join('=').trim()];
    }),
  );
}

/** @returns host and port of `HOST:PORT`; what is no address is left to the schema to refuse. */
export function addressOf(text: string | undefined): unknown {
  if (!text) return undefined;
  const [, host, digits] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  return host === undefined ? text : { host, port: Number(digits) };
}

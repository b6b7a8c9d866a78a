// A variable that is empty is one that is not set, here as everywhere: compose files and units cannot take one away.

/** @returns the words of `a, b`, none of them empty. */
export function listOf(text: string | undefined): string[] | undefined {
  if (!text) return undefined;
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** @returns the number, or NaN for the schema to refuse. */
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

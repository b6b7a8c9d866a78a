/** @returns the words of `a, b`, none of them empty. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** `a=b,c=d` as an object. */
export function pairsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name.trim(), value.join('=').trim()];
    }),
  );
}

/** @returns host and port of `HOST:PORT`; any other text unchanged, for the schema to reject. */
export function addressOf(text: string): unknown {
  const [, host, digits] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(text) ?? [];
  return host === undefined ? text : { host, port: Number(digits) };
}

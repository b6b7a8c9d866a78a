/** Codes for requests from another time. The other services say it in the message of a signature error. */
const CLOCK_CODES = new Set(['RequestInTheFuture', 'RequestTimeTooSkewed']);
const CLOCK_MESSAGE = /\bSignature (?:expired|not yet current): (\d{8}T\d{6}Z)[^(]*\((\d{8}T\d{6}Z)/;
const ANY_CLOCK_MESSAGE = /\bSignature (?:expired|not yet current)\b/;
const MINUTE_MS = 60_000;

/**
 * @returns how wrong AWS finds the clock of this host, as `15 minutes behind AWS`, or undefined if the error has another cause. The
 * message has two times: that of the request, and in parentheses that of AWS.
 */
export function clockErrorOf(code: string, message: string): string | undefined {
  if (!CLOCK_CODES.has(code) && !ANY_CLOCK_MESSAGE.test(message)) return undefined;
  const [, ours, theirs] = CLOCK_MESSAGE.exec(message) ?? [];
  if (ours === undefined || theirs === undefined) return 'more than 5 minutes off';
  const minutes = Math.round((timeOf(ours) - timeOf(theirs)) / MINUTE_MS);
  return `${Math.abs(minutes)} minutes ${minutes < 0 ? 'behind' : 'ahead of'} AWS`;
}

/** Of a basic ISO 8601 time, `20261128T144500Z`. */
function timeOf(basic: string): number {
  return Date.parse(basic.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

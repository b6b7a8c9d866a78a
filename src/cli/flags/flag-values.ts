import { parseDurationMs } from '../../contract/duration.ts';
import { UsageError } from '../errors/cli-error.ts';

/** Parses a duration. @returns milliseconds @throws UsageError that names the flag */
export function durationMs(flag: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    throw new UsageError(`invalid duration "${text}" for --${flag}: use for example 90m, 8h or 3d`);
  return ms;
}

/**
 * The time limit of `--wait`, in milliseconds; 0: none.
 * @throws UsageError when it is set and nothing is waited for: a request alone has its limit from OCPCTL_TIMEOUT
 */
export function waitTimeoutMs({
  timeout,
  wait,
}: {
  readonly timeout: string;
  readonly wait: boolean;
}): number {
  const ms = durationMs('timeout', timeout);
  if (ms > 0 && !wait) {
    throw new UsageError('--timeout requires --wait', {
      hint: 'add --wait, or set OCPCTL_TIMEOUT for the limit of one API call',
    });
  }
  return ms;
}

/** Parses a duration that must not be zero. @returns hours */
export function durationHours(flag: string, text: string): number {
  const ms = durationMs(flag, text);
  if (ms === 0) throw new UsageError(`invalid duration "${text}" for --${flag}: it must be more than 0`);
  return ms / 3_600_000;
}

/** Parses the length of a keepalive. @returns minutes @throws UsageError that names the flag */
export function keepaliveMinutes(flag: string, text: string): number {
  const minutes = durationMs(flag, text) / 60_000;
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= 1_440) return minutes;
  throw new UsageError(`invalid duration "${text}" for --${flag}: use whole minutes from 1m to 24h`);
}

/** Parses a whole number of at least `min`. @throws UsageError that names the flag */
export function wholeNumber(flag: string, text: string, min: number, max = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min || value > max) {
    const allowed = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new UsageError(`invalid value "${text}" for --${flag}: use a whole number ${allowed}`);
  }
  return value;
}

/** Parses a time: RFC 3339 with a zone, or a duration relative to now. @param direction whether a duration is in the past or the future */
export function timestamp(flag: string, text: string, now: Date, direction: 'past' | 'future'): Date {
  const distance = parseDurationMs(text);
  const moved =
    distance === undefined
      ? undefined
      : new Date(now.getTime() + (direction === 'past' ? -distance : distance));
  // RFC 3339 has years of four digits.
  if (moved !== undefined && moved.getUTCFullYear() >= 1 && moved.getUTCFullYear() <= 9_999) return moved;
  const isRfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/.test(text);
  const time = new Date(text);
  if (isRfc3339 && !Number.isNaN(time.getTime())) return time;
  throw new UsageError(
    `invalid time "${text}" for --${flag}: use for example 2h, 3d or 2026-01-31T18:00:00Z`,
  );
}

/** Parses `key=value` pairs. @throws UsageError that names the flag, also for a key that is given twice */
export function keyValues(flag: string, texts: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1)
      throw new UsageError(`invalid value "${text}" for --${flag}: use KEY=VALUE, for example purpose=demo`);
    const [key, value] = [text.slice(0, at), text.slice(at + 1)];
    const before = values.get(key);
    if (before !== undefined)
      throw new UsageError(`--${flag} sets "${key}" twice: "${before}" and "${value}"`, {
        hint: 'use only one of them',
      });
    values.set(key, value);
  }
  return Object.fromEntries(values);
}

/**
 * The values of a flag that can be repeated, each of which can be a list with commas; undefined if it is not given.
 * @throws UsageError that names the flag, for a value that is empty
 */
export function valueList(flag: string, texts: readonly string[] | undefined): string[] | undefined {
  const words = texts?.flatMap((text) => text.split(',')).map((word) => word.trim());
  if (words?.includes('')) throw new UsageError(`invalid value for --${flag}: a name in it is empty`);
  return words;
}

/** Parses comma-separated words in any case. @throws UsageError that names the flag and the allowed words */
export function choiceList<T extends string>(
  flag: string,
  texts: string | readonly string[],
  known: readonly T[],
): T[] {
  return (valueList(flag, [texts].flat()) ?? []).map((word) => {
    const found = known.find((name) => name.toLowerCase() === word.toLowerCase());
    if (found !== undefined) return found;
    throw new UsageError(`invalid value "${word}" for --${flag}: use one or more of ${known.join(', ')}`);
  });
}

/** Parses HOST:PORT, with an IPv6 address in brackets. @throws UsageError that names the flag */
export function hostPort(flag: string, text: string): { host: string; port: number } {
  const [, host, digits] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new UsageError(
      `invalid address "${text}" for --${flag}: use HOST:PORT, for example 127.0.0.1:8420`,
    );
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

type WithoutUndefined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** @returns the entries whose value is not undefined, so that the server applies its defaults to the others. */
export function omitUndefined<T extends object>(values: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>;
}

import { parseDurationMs } from '../../render/duration.ts';
import { UsageError } from '../errors/cli-error.ts';

/** Reads a duration. @returns milliseconds @throws UsageError that names the flag. */
export function durationMs(flag: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    throw new UsageError(`--${flag}: '${text}' is no duration`, { hint: 'for example 90m, 24h, 7d' });
  return ms;
}

/** Reads a duration that must not be zero. @returns hours */
export function durationHours(flag: string, text: string): number {
  const ms = durationMs(flag, text);
  if (ms === 0) throw new UsageError(`--${flag} must be more than 0`, { hint: 'for example 90m, 24h, 7d' });
  return ms / 3_600_000;
}

/** Reads a whole number from `min` up. @throws UsageError that names the flag. */
export function wholeNumber(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
    throw new UsageError(`--${flag}: '${text}' is not a whole number of at least ${min}`);
  }
  return value;
}

/** Reads a moment: RFC 3339 with a zone, or a distance from now. @param direction which way a bare duration points. */
export function timestamp(flag: string, text: string, now: Date, direction: 'past' | 'future'): Date {
  const distance = parseDurationMs(text);
  if (distance !== undefined) return new Date(now.getTime() + (direction === 'past' ? -distance : distance));
  const isRfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/.test(text);
  const time = new Date(text);
  if (isRfc3339 && !Number.isNaN(time.getTime())) return time;
  throw new UsageError(`--${flag}: '${text}' is no time`, {
    hint: 'for example 2h, 3d, or 2026-01-31T18:00:00Z',
  });
}

/** Reads `key=value` pairs; a later one for the same key wins. @throws UsageError that names the flag. */
export function keyValues(flag: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1)
        throw new UsageError(`--${flag}: '${text}' is not key=value`, { hint: `--${flag} purpose=demo` });
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Reads words that a comma separates. @throws UsageError that names the flag and the known words. */
export function choiceList<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  return text.split(',').map((word) => {
    const found = known.find((name) => name === word.trim());
    if (found !== undefined) return found;
    throw new UsageError(`--${flag}: '${word}' is not known`, { hint: `one or more of ${known.join(', ')}` });
  });
}

/** Reads HOST:PORT, with an IPv6 address in brackets. @throws UsageError that names the flag. */
export function hostPort(flag: string, text: string): { host: string; port: number } {
  const [, host, digits] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new UsageError(`--${flag}: '${text}' is no address`, { hint: 'for example 127.0.0.1:8420' });
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

import { shortDuration } from '../../contract/duration.ts';

const MINUTE_MS = 60_000;

/** How long a step has taken, and what others took: `12m · usually 42m · about 30m left`. */
export function durationText(elapsedMs: number, usualMs: number | undefined): string {
  const elapsed = shortDuration(elapsedMs);
  if (usualMs === undefined || usualMs < 1_000) return elapsed;
  const leftMs = usualMs - elapsedMs;
  const left = leftMs < 1_000 ? 'longer than usual' : `about ${shortDuration(rounded(leftMs))} left`;
  return `${elapsed} · usually ${usualText(usualMs)} · ${left}`;
}

/** How long a step usually takes: `42m`. */
export function usualText(usualMs: number): string {
  return shortDuration(rounded(usualMs));
}

/** Seconds of an estimate in minutes would be guessed. */
function rounded(ms: number): number {
  return ms < 2 * MINUTE_MS ? ms : Math.round(ms / MINUTE_MS) * MINUTE_MS;
}

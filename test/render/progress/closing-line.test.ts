import { expect, it } from 'vitest';
import { closingLine } from '../../../src/render/progress/closing-line.ts';
import { durationText } from '../../../src/render/progress/duration-text.ts';
import { clusterOf, jobOf } from '../../commands/support/documents.ts';

const now = new Date('2026-01-01T00:40:00Z');
const cluster = clusterOf({ destroyAt: '2026-01-01T08:01:00Z', workerReplicas: 1 });
const keepalive = { minutes: 15, renewedAt: '2026-01-01T00:40:00Z', expiresAt: '2026-01-01T00:55:00Z' };
const late = { ...keepalive, minutes: 1440, expiresAt: '2026-01-02T00:40:00Z' };

it.each([
  [jobOf(), cluster, '✓ demo READY in 40m1s · $1.40 · expires in 7h21m'],
  [jobOf(), { ...cluster, keepalive }, '✓ demo READY in 40m1s · $1.40 · expires in 15m unless it is renewed'],
  [jobOf(), { ...cluster, keepalive: late }, '✓ demo READY in 40m1s · $1.40 · expires in 7h21m'],
  [jobOf(), undefined, '✓ demo READY in 40m1s'],
  [jobOf({ type: 'JANITOR_DESTROY' }), cluster, '✓ demo DESTROYED in 40m1s · $1.40 in all'],
  [jobOf({ type: 'SCALE_WORKERS' }), cluster, '✓ demo scaled to 1 worker in 40m1s · $0.70 per hour'],
  [jobOf({ type: 'SWEEP' }), undefined, '✓ demo swept in 40m1s'],
  [jobOf({ status: 'FAILED', attempt: 2 }), cluster, '✗ demo: CREATE failed after 40m1s and 2 attempts'],
  [jobOf({ status: 'FAILED' }), cluster, '✗ demo: CREATE failed after 40m1s'],
  [jobOf({ status: 'CANCELLED' }), cluster, '✗ demo: CREATE cancelled after 40m1s'],
])('the outcome of a job in one line', (job, of, line) => {
  expect(closingLine(job, of, now)).toBe(line);
});

it.each([
  [12 * 60_000, 42 * 60_000, '12m · usually 42m · about 30m left'],
  [5_000, 12_000, '5s · usually 12s · about 7s left'],
  [90_000, 60_000, '1m30s · usually 1m · longer than usual'],
  [5_000, 300, '5s'],
  [5_000, undefined, '5s'],
])('the time of a step: %i of %i', (elapsedMs, usualMs, text) => {
  expect(durationText(elapsedMs, usualMs)).toBe(text);
});

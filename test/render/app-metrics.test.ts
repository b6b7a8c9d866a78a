import { expect, test } from 'vitest';
import { metricsBlocks } from '../../src/render/app-metrics.ts';
import { serviceOf } from '../commands/support/app-documents.ts';

const sample = (at: string, requests: number) => ({
  ...{ at: `2026-01-01T00:00:${at}.000Z`, cpus: 0.5, memoryBytes: 2 ** 20, requests, clientErrors: 0 },
  ...{ serverErrors: 0, p50Ms: 3.04, p95Ms: 12.6, bytesIn: 0, bytesOut: 0 },
});

test('the last minutes are a sparkline that ends with the newest step; a step without figures is a gap', () => {
  const items = [sample('00', 30), sample('15', 60), sample('45', 15)];
  const [block] = metricsBlocks(serviceOf(), { stepSeconds: 15, items });
  const shown = Object.fromEntries((block?.fields ?? []).map(([label, value]) => [label, value.trimStart()]));
  expect(shown).toMatchObject({
    Requests: '▄█ ▂  1.0/s, 105 in all',
    Latency: '██ █  p50 3.0 ms, p95 13 ms',
    CPU: '██ █  0.50',
  });
});

test('a worker has no requests; without figures there is no block', () => {
  const metrics = { stepSeconds: 15, items: [sample('00', 0)] };
  const [block] = metricsBlocks(serviceOf({ kind: 'worker' }), metrics);
  expect(block?.fields.map(([label]) => label)).toEqual(['CPU', 'Memory']);
  expect(metricsBlocks(serviceOf(), { stepSeconds: 15, items: [] })).toEqual([]);
});

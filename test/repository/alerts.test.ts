import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { CLUSTER_GAUGES } from '../../src/control-plane/clusters/cluster-gauges.ts';
import { orphanGauges } from '../../src/control-plane/clusters/orphans/orphan-gauges.ts';
import { JOB_GAUGES } from '../../src/control-plane/kernel/jobs/job-gauges.ts';
import { WAKE_QUEUE_GAUGES } from '../../src/control-plane/kernel/jobs/sqs/watch-queue-task.ts';
import { TASK_GAUGES } from '../../src/control-plane/kernel/tasks/task-gauges.ts';
import { createMetrics } from '../../src/control-plane/kernel/telemetry/metrics.ts';

const ORPHAN_GAUGES = orphanGauges({ confirmMs: 1, minAgeMs: 1, sweepLimit: 1 });
const read = (file: string) =>
  readFileSync(join(fileURLToPath(new URL('../..', import.meta.url)), file), 'utf8');

const RULES = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          annotations: z.object({ summary: z.string(), description: z.string(), runbook: z.string() }),
        }),
      ),
    }),
  ),
});
const DASHBOARD = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })) })),
});

const alerts = RULES.parse(parse(read('deploy/prometheus/alerts.yaml'))).groups.flatMap(({ rules }) => rules);
const panels = DASHBOARD.parse(JSON.parse(read('deploy/grafana/ocpctl.json'))).panels;

/** The names that a server publishes, with those that a histogram adds. */
async function publishedNames(): Promise<Set<string>> {
  const metrics = await createMetrics({ query: async () => [] }, [
    JOB_GAUGES,
    TASK_GAUGES,
    WAKE_QUEUE_GAUGES,
    CLUSTER_GAUGES,
    ORPHAN_GAUGES,
  ]);
  const { text } = await metrics.render();
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set(names);
}

const namesIn = (expr: string) => expr.match(/\b(?:ocpctl|process)_\w+/g) ?? [];

test('alerts and the dashboard ask for metrics that servers publish', async () => {
  const published = await publishedNames();
  const asked = [
    ...alerts.map(({ expr }) => expr),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  expect(asked.length).toBeGreaterThan(20);
  expect(asked.flatMap(namesIn).filter((name) => !published.has(name))).toEqual([]);
});

test('every gauge of the installation is on the dashboard', async () => {
  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr))));
  const gauges = [...(await publishedNames())].filter(
    (name) => name.startsWith('ocpctl_') && !/_(bucket|sum|count|total)$/.test(name),
  );
  const alerted = new Set(alerts.flatMap(({ expr }) => namesIn(expr)));
  const histograms = ['ocpctl_http_request_seconds', 'ocpctl_lease_renewal_seconds'];
  expect(
    gauges.filter((name) => !shown.has(name) && !alerted.has(name) && !histograms.includes(name)),
  ).toEqual([]);
});

test('every alert has a section in its runbook, and a unit test for promtool', () => {
  const tested = read('deploy/prometheus/alerts.test.yaml');
  for (const { alert, annotations } of alerts) {
    const [file = '', anchor] = annotations.runbook.split('#');
    expect(read(file).toLowerCase()).toContain(`\n## ${anchor}\n`);
    expect(anchor).toBe(alert.toLowerCase());
    // Once silent, once fired.
    expect(tested.split(`alertname: ${alert}`).length - 1, alert).toBeGreaterThanOrEqual(2);
  }
});

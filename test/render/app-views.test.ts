import { expect, test } from 'vitest';
import type { AppService } from '../../src/contract/documents.ts';
import { serviceList, serviceRecord } from '../../src/render/app.ts';
import { jobList } from '../../src/render/job.ts';
import { painter } from '../../src/render/paint.ts';
import { printView } from '../../src/render/print.ts';
import type { ListView, RecordView } from '../../src/render/view.ts';
import { jobOf } from '../commands/support/documents.ts';

const now = new Date('2026-01-01T01:00:00Z');
const URL = 'http://hello-node-cmxs4f.localhost:35855';

const failed: AppService['deployment'] = {
  id: 'dep_1',
  serviceId: 'svc_1',
  number: 4,
  reason: 'variables',
  state: 'FAILED',
  release: 4,
  jobId: null,
  steps: [],
  failure: { step: 'checking', code: 'INSTANCE_EXITED', message: 'the new instance ended: exit 3', log: [] },
  supersededBy: null,
  downtimeSeconds: null,
  requestedBy: 'local:ann',
  createdAt: '2026-01-01T00:50:00Z',
  endedAt: '2026-01-01T00:51:00Z',
};

function serviceOf(changes: Partial<AppService> = {}): AppService {
  return {
    id: 'svc_1',
    name: 'hello-node',
    team: 'platform',
    environment: { id: 'env_1', name: 'default' },
    kind: 'web',
    status: 'LIVE',
    url: URL,
    replicas: 1,
    ready: 1,
    release: 3,
    restart: null,
    schedule: null,
    pinned: false,
    settings: {},
    deployment: null,
    instances: [],
    cost: { hourly: 0, toDate: 0, unpricedHours: 0 },
    requestedBy: 'local:ann',
    createdAt: '2026-01-01T00:00:00Z',
    destroyedAt: null,
    ...changes,
  };
}

const text = <Row>(view: ListView<Row> | RecordView, cells?: number) =>
  printView(view, { kind: 'table' }, { paint: painter(false), cells });

test.each([80, 60])('a list of services never cuts a URL: %i cells', async (cells) => {
  const shown = await text(serviceList([serviceOf()], now), cells);
  expect(shown).toContain(URL);
  expect(shown).toContain('hello-node ');
  expect(shown).not.toMatch(/AGE/);
});

test('a list of services says that the last deployment of one that is live failed', async () => {
  const view = serviceList([serviceOf({ deployment: failed })], now);
  expect(await text(view)).toContain('LIVE, last deploy failed');
  expect(await printView(view, { kind: 'csv' }, { paint: painter(false), cells: undefined })).toContain(
    ',LIVE,',
  );
});

test('a service that was destroyed does not look alive', async () => {
  const shown = await text(serviceRecord(serviceOf({ status: 'DESTROYED', ready: 0 }), now));
  expect(shown).toBe('hello-node\n  Status       DESTROYED\n  Environment  default\n');
});

test.each([
  ['2026-01-01T01:00:08Z', '3 exits in ten minutes, next start in 8s; '],
  [null, "3 exits in ten minutes, not started again until 'ocpctl app restart hello-node' or a deploy; "],
])('instances that end by themselves: how often, and when they start again', async (nextAt, expected) => {
  const shown = await text(serviceRecord(serviceOf({ restart: { exits: 3, nextAt } }), now));
  expect(shown).toContain(expected);
  expect(shown).toContain("'ocpctl app logs hello-node --tail 20'");
});

test('a list of jobs says what it is that has a name', async () => {
  const jobs = [jobOf(), jobOf({ resourceKind: 'database', resourceName: 'main', type: 'PROVISION' })];
  expect(await text(jobList(jobs, now))).toMatch(/CREATE +demo .*\n.*PROVISION +database\/main /);
});

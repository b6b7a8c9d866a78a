import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsualDurationsReader } from '../../../../src/control-plane/clusters/service/usual-durations.ts';
import type { Caller } from '../../../../src/control-plane/kernel/caller.ts';
import { createCluster, endJob } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({
    teamLimits: { activeClusters: 50, concurrentCreates: 50, createsPerHour: 50 },
  });
  ann = await installation.person('ann', 'requester@a');
  bob = await installation.person('bob', 'requester@b');
});
afterAll(() => installation.stop());

/** A cluster whose create took this time to provision, in its second attempt. */
async function provisioned(person: Person, seconds: number, status = 'SUCCEEDED'): Promise<string> {
  const { cluster, job } = await createCluster(server, person);
  const at = (second: number) => `timestamptz '2026-01-01 00:00Z' + interval '${second} s'`;
  await installation.db.script(`
    insert into job_events (job_id, seq, at, attempt, phase, kind, level, message, data) values
      ('${job.id}', 1, ${at(0)}, 1, 'provision', 'phase', 'info', '', '{"state":"started"}'),
      ('${job.id}', 2, ${at(999)}, 1, 'provision', 'phase', 'info', '', '{"state":"failed"}'),
      ('${job.id}', 3, ${at(1000)}, 2, 'provision', 'phase', 'info', '', '{"state":"started"}'),
      ('${job.id}', 4, ${at(1000 + seconds)}, 2, 'provision', 'phase', 'info', '', '{"state":"done"}'),
      ('${job.id}', 5, ${at(3000)}, 2, 'verify', 'phase', 'info', '', '{"state":"started"}')`);
  await endJob(installation.db, job.id, status);
  return cluster.id;
}

const usual = async (person: Person, id: string, type = 'CREATE') =>
  call(server, person, { target: `/v1/clusters/${id}/usual-durations?type=${type}` });
const phasesOf = async (id: string, type?: string) => JSON.parse((await usual(ann, id, type)).text).phases;

function callerOf({ principal }: Person, team: string): Caller {
  return {
    principal,
    authMode: 'local',
    grants: [{ role: 'requester', team }],
    requestId: 'req_1',
    sourceIp: '127.0.0.1',
    userAgent: 'test',
  };
}

test('that there is no history is asked once in 30 seconds', async () => {
  const cem = await installation.person('cem', 'requester@c');
  const { cluster } = await createCluster(server, cem);
  let nowMs = 0;
  const reader = new UsualDurationsReader(server.services, () => nowMs);
  const read = async () => (await reader.get(callerOf(cem, 'c'), cluster.id, 'CREATE')).phases;
  expect(await read()).toEqual([]);
  await provisioned(cem, 7);
  nowMs = 29_999;
  expect(await read()).toEqual([]);
  nowMs = 30_000;
  expect(await read()).toEqual([{ phase: 'provision', seconds: 7, jobs: 1 }]);
});

test('G14: medians of what succeeded, on clusters of the teams of the caller, asked once in ten minutes', async () => {
  const id = await provisioned(ann, 10);
  await provisioned(ann, 5000, 'FAILED');
  await provisioned(bob, 5000);
  await provisioned(ann, 12);
  await provisioned(ann, 300);
  const phases = [{ phase: 'provision', seconds: 12, jobs: 3 }];
  expect(await phasesOf(id)).toEqual(phases);
  expect(await phasesOf(id, 'DESTROY')).toEqual([]);
  expect((await usual(bob, id)).status).toBe(404);

  await provisioned(ann, 11);
  await provisioned(ann, 11);
  expect(await phasesOf(id)).toEqual(phases);
  let nowMs = 0;
  const reader = new UsualDurationsReader(server.services, () => nowMs);
  const read = async () => (await reader.get(callerOf(ann, 'a'), id, 'CREATE')).phases;
  expect(await read()).toEqual([{ phase: 'provision', seconds: 11, jobs: 5 }]);
  await provisioned(ann, 13);
  await provisioned(ann, 13);
  await provisioned(ann, 13);
  nowMs = 599_999;
  expect(await read()).toMatchObject([{ seconds: 11 }]);
  nowMs = 600_000;
  expect(await read()).toMatchObject([{ seconds: 13 }]);
});

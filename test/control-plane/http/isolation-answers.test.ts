import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendEvents, createCluster, newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, newKey, parseProblem, type WireResponse } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let bob: Person;
let carl: Person;
let ofAnn: { cluster: string; job: string };
let carls: { key: string; body: Record<string, unknown>; cluster: string };

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  const ann = await installation.person('ann', 'requester@a');
  bob = await installation.person('bob', 'requester@b');
  carl = await installation.person('carl', 'requester@a');
  const { cluster, job } = await createCluster(server, ann);
  ofAnn = { cluster: cluster.id, job: job.id };
  await appendEvents(installation.db, job.id, 1, 3);
  const key = newKey();
  const body = { name: newName() };
  const mine = JSON.parse((await postCluster(server, carl, body, key)).text);
  carls = { key, body, cluster: mine.cluster.id };
  await installation.db.script(`update rbac_mappings set team = 'b' where principal = 'local:carl'`);
});
afterAll(() => installation.stop());

const NOTHING = { cluster: 'clu_00000000000000000000000000', job: 'job_00000000000000000000000000' };

/** Everything of an answer but what differs between any two requests; ids are what was asked for, of one length. */
function anonymous({ status, headers, text }: WireResponse) {
  const { date: _date, ratelimit: _left, 'x-request-id': requestId = '', ...others } = headers;
  return {
    status,
    others,
    text: text.replaceAll(String(requestId), '').replace(/(clu|job)_[0-9a-z]{26}/g, '$1_ID'),
  };
}

const sse = { accept: 'text/event-stream' };
const WAYS: Record<string, (id: typeof NOTHING) => Parameters<typeof call>[2]> = {
  'a cluster': ({ cluster }) => ({ target: `/v1/clusters/${cluster}` }),
  'its outputs': ({ cluster }) => ({ target: `/v1/clusters/${cluster}/outputs` }),
  'its transitions': ({ cluster }) => ({ target: `/v1/clusters/${cluster}/transitions` }),
  'its warnings': ({ cluster }) => ({ target: `/v1/clusters/${cluster}/events` }),
  'its kubeconfig': ({ cluster }) => ({
    method: 'POST',
    target: `/v1/clusters/${cluster}/credentials`,
    body: { kind: 'kubeconfig', reason: 'curious' },
  }),
  'its destroy': ({ cluster }) => ({ method: 'POST', target: `/v1/clusters/${cluster}/destroy` }),
  'its deadline': ({ cluster }) => ({
    method: 'POST',
    target: `/v1/clusters/${cluster}/extend`,
    body: { byHours: 1 },
  }),
  'a list of its jobs': ({ cluster }) => ({ target: `/v1/jobs?cluster=${cluster}` }),
  'a job': ({ job }) => ({ target: `/v1/jobs/${job}` }),
  'its events': ({ job }) => ({ target: `/v1/jobs/${job}/events` }),
  'the end of its log': ({ job }) => ({ target: `/v1/jobs/${job}/events?tail=2` }),
  'its event stream': ({ job }) => ({ target: `/v1/jobs/${job}/events`, headers: sse }),
  'its event stream, resumed': ({ job }) => ({
    target: `/v1/jobs/${job}/events`,
    headers: { ...sse, 'last-event-id': '1' },
  }),
};

describe('1, 5: another team’s is answered like what does not exist, byte for byte', () => {
  test.each(Object.entries(WAYS))('G14: %s', async (_name, ask) => {
    const [foreign, unknown] = [await call(server, bob, ask(ofAnn)), await call(server, bob, ask(NOTHING))];
    expect(anonymous(foreign)).toEqual(anonymous(unknown));
    expect(foreign.text).not.toContain('ann');
  });

  test('G14: the quota of a team', async () => {
    const [foreign, unknown] = await Promise.all(
      ['a', 'z'].map((team) => call(server, bob, { target: `/v1/quota?team=${team}` })),
    );
    expect(parseProblem(foreign as WireResponse).status).toBe(404);
    expect((foreign as WireResponse).text.replace('team a', 'team z')).toHaveLength(
      (unknown as WireResponse).text.length,
    );
  });

  test('3: a cursor that another principal got, and one that no one got', async () => {
    const admin = await installation.person('admin', 'platform_admin@*');
    const { nextCursor } = JSON.parse((await call(server, admin, { target: '/v1/clusters?limit=1' })).text);
    expect(nextCursor).toMatch(/^[A-Za-z0-9_-]{40,}$/);
    const forged = Buffer.from('x'.repeat(60)).toString('base64url');
    const [foreign, unknown] = [
      await call(server, bob, { target: `/v1/clusters?cursor=${nextCursor}` }),
      await call(server, bob, { target: `/v1/clusters?cursor=${forged}` }),
    ];
    expect(foreign.status).toBe(400);
    expect(anonymous(foreign)).toEqual(anonymous(unknown));
  });

  test('4: a replay by who has left the team, and the cluster that it would tell of', async () => {
    const replay = await postCluster(server, carl, carls.body, carls.key);
    const get = await call(server, carl, { target: `/v1/clusters/${NOTHING.cluster}` });
    expect(anonymous(replay)).toEqual(anonymous(get));
    expect(replay.headers['idempotent-replayed']).toBeUndefined();
  });
});

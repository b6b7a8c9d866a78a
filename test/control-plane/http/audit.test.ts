import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { components } from '../../../src/contract/api.gen.ts';
import { directoryStore } from '../../../src/control-plane/kernel/artifacts/directory-store.ts';
import { audit } from '../../../src/control-plane/kernel/audit/audit.ts';
import { AuditAnchorStore } from '../../../src/control-plane/kernel/audit/audit-anchor-store.ts';
import { auditAnchorTask } from '../../../src/control-plane/kernel/audit/audit-anchor-task.ts';
import { systemActor } from '../../../src/control-plane/kernel/caller.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { runTask } from '../../setup/run-task.ts';
import { createCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, exchange, parseProblem, sign } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

type AuditEvent = components['schemas']['AuditEvent'];

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let auditor: Person;
let folder: string;
let anchors: AuditAnchorStore;

beforeAll(async () => {
  installation = await createTestInstallation();
  folder = await mkdtemp(join(tmpdir(), 'ocpctl-audit-'));
  anchors = new AuditAnchorStore(directoryStore(folder));
  server = await installation.server({
    anchors,
    teamLimits: { activeClusters: 50, concurrentCreates: 50 },
  });
  ann = await installation.person('ann', 'requester@a');
  auditor = await installation.person('auditor', 'auditor@*');
});
afterAll(async () => {
  await installation.stop();
  await rm(folder, { recursive: true, force: true });
});

async function events(query = '', person = auditor): Promise<AuditEvent[]> {
  const answer = await call(server, person, { target: `/v1/admin/audit/events?limit=200${query}` });
  if (answer.status !== 200) throw new Error(answer.text);
  return JSON.parse(answer.text).items;
}
const append = (stream: string, target: string) =>
  audit(installation.db, stream, systemActor('test'), { action: 'thing.do', target, status: 'SUCCESS' });

describe('the audit log can be searched', () => {
  test('by actor, action, target, status, request, stream and time', async () => {
    const { cluster } = await createCluster(server, ann);
    const [event] = await events(`&target=${cluster.id}`);
    expect(event).toMatchObject({
      stream: 'a',
      actor: 'local:ann',
      action: 'cluster.create',
      status: 'SUCCESS',
      sourceIp: '127.0.0.1',
    });
    if (!event) throw new Error('there is no event');
    const found = [
      `&requestId=${event.requestId}`,
      `&actor=local%3Aann&target=${cluster.id}`,
      `&action=cluster&target=${cluster.id}&status=SUCCESS`,
      `&stream=a&target=${cluster.id}&since=2020-01-01T00%3A00%3A00Z&until=2200-01-01T00%3A00%3A00Z`,
    ];
    for (const query of found) expect(await events(query)).toEqual([event]);
    for (const query of ['&status=DENIED', '&action=clust', '&until=2020-01-01T00%3A00%3A00Z', '&stream=b'])
      expect(await events(`${query}&target=${cluster.id}`)).toEqual([]);
  });

  test('page by page, in both directions, without a gap or a repetition', async () => {
    for (let i = 0; i < 7; i++) await append(`pages-${i % 2}`, 'paged');
    const walk = async (order: string) => {
      const seen: string[] = [];
      for (let cursor = ''; ; ) {
        const target = `/v1/admin/audit/events?target=paged&order=${order}&limit=2${cursor}`;
        const { items, nextCursor } = JSON.parse((await call(server, auditor, { target })).text);
        seen.push(...items.map(({ stream, seq }: AuditEvent) => `${stream}/${seq}`));
        if (nextCursor === null) return seen;
        cursor = `&cursor=${nextCursor}`;
      }
    };
    const oldest = await walk('oldest');
    expect(oldest).toHaveLength(7);
    expect(new Set(oldest).size).toBe(7);
    expect(await walk('newest')).toEqual(oldest.reverse());
  });

  test("S3: another auditor's cursor is refused", async () => {
    const other = await installation.person('other-auditor', 'auditor@*');
    const { nextCursor } = JSON.parse(
      (await call(server, auditor, { target: '/v1/admin/audit/events?limit=1' })).text,
    );
    for (const path of ['events', 'verification']) {
      const target = `/v1/admin/audit/${path}?cursor=${nextCursor}`;
      expect((await call(server, other, { target })).status).toBe(400);
    }
  });

  test('G14: by an auditor of one team for that team only', async () => {
    await append('b', 'of-b');
    const ofB = await installation.person('auditor-b', 'auditor@b');
    const seen = await events('', ofB);
    expect(new Set(seen.map(({ stream }) => stream))).toEqual(new Set(['b']));
    expect(await events('&stream=a', ofB)).toEqual([]);
    const { streams } = JSON.parse(
      (await call(server, ofB, { target: '/v1/admin/audit/verification' })).text,
    );
    expect(streams).toEqual(['b']);
  });

  test('H1: the auditor of a team called platform sees that team, not the installation', async () => {
    await append('platform', 'of-the-team');
    const ofTeam = await installation.person('auditor-platform', 'auditor@platform');
    const seen = await events('', ofTeam);
    expect(seen.map(({ stream, target }) => `${stream} ${target}`)).toEqual(['platform of-the-team']);
    expect(await events('&stream=_platform', ofTeam)).toEqual([]);
    expect((await events('&stream=_platform')).length).toBeGreaterThan(0);
    await expect(installation.person('no one', 'auditor@_platform')).rejects.toThrow();
  });

  test('V2: after a sequence number of a stream, in the order of the chain', async () => {
    for (const target of ['one', 'two', 'three']) await append('export', target);
    const rest = await events('&stream=export&after=1&order=oldest');
    expect(rest.map(({ seq, target }) => `${seq} ${target}`)).toEqual(['2 two', '3 three']);
    const ofAll = await events('&after=1&order=oldest');
    expect(ofAll.every(({ seq }) => seq > 1)).toBe(true);
    expect(ofAll.map(({ target }) => target)).toEqual(expect.arrayContaining(['two', 'three']));
  });

  test('also when a row that is not an event was written to the table directly', async () => {
    await installation.db.script(
      `insert into audit_events (stream, payload) values ('odd', 'no json'), ('odd', '{"actor":7}')`,
    );
    expect(await events('&stream=odd')).toMatchObject([{ payload: '{"actor":7}' }, { payload: 'no json' }]);
  });
});

describe('what was refused is in the audit log', () => {
  test('a reading that is not allowed', async () => {
    expect((await call(server, ann, { target: '/v1/admin/audit/events' })).status).toBe(403);
    expect((await events('&actor=local%3Aann&status=DENIED'))[0]).toMatchObject({
      action: 'access.read',
      metadata: { operation: 'listAuditEvents' },
    });
  });

  test('L5: reading what belongs to another team, where that team sees it', async () => {
    const { cluster } = await createCluster(server, ann);
    const bea = await installation.person('bea', 'requester@b');
    expect((await call(server, bea, { target: `/v1/clusters/${cluster.id}` })).status).toBe(404);
    const ofA = await installation.person('auditor-a', 'auditor@a');
    expect((await events(`&actor=local%3Abea&target=${cluster.id}`, ofA))[0]).toMatchObject({
      stream: 'a',
      action: 'access.read',
      status: 'DENIED',
      metadata: { operation: 'getCluster', code: 'NOT_FOUND' },
    });
  });

  test('M2: failed changes of one caller up to a number a minute, then their count', async () => {
    const cy = await installation.person('cy', 'requester@a');
    const busy = await installation.server();
    const missing = 'clu_01k4qqz3v7m2n5p8r1t4w6y9ab';
    for (let i = 0; i < 25; i++) {
      const answer = await call(busy, cy, { method: 'POST', target: `/v1/clusters/${missing}/destroy` });
      expect(answer.status).toBe(404);
    }
    await busy.stop();
    const kept = await events('&actor=local%3Acy&action=cluster.destroy');
    expect(kept).toHaveLength(21);
    expect(kept[0]).toMatchObject({ stream: '_platform', status: 'FAILURE', metadata: { notKept: 5 } });
  });

  test('a login that failed, with the key that was claimed and nothing that was sent', async () => {
    const forged = await sign(
      server,
      { ...ann, secretAccessKey: 'not-the-secret-of-ann' },
      { target: '/v1/whoami' },
    );
    expect((await exchange(server, forged)).status).toBe(401);
    const [event] = await events('&action=access.login');
    expect(event).toMatchObject({ actor: 'unknown', status: 'FAILURE', sourceIp: '127.0.0.1' });
    expect(event?.metadata).toMatchObject({ accessKeyId: ann.accessKeyId });
    const signature = /Signature=(\w+)/.exec(forged.headers['authorization'] ?? '')?.[1] ?? 'none';
    expect(JSON.stringify(event)).not.toContain(signature);
  });

  test('a flood of failed logins fills no disk: it is counted, and the number is kept', async () => {
    const guarded = await installation.server({ loginsPerMinute: 3 });
    const before = (await events('&action=access.login')).length;
    const unsigned = { method: 'GET', target: '/v1/whoami', headers: {} };
    const answers = await Promise.all(Array.from({ length: 40 }, () => exchange(guarded, unsigned)));
    expect(answers.every(({ status }) => status === 401)).toBe(true);
    await guarded.stop();
    const kept = (await events('&action=access.login')).slice(0, -before || undefined);
    expect(kept).toHaveLength(4);
    expect(kept[0]?.metadata).toEqual({ notKept: 37 });
  });
});

describe('verification', () => {
  test('S45: G16: finds nothing in a whole audit log, and says what it was held against', async () => {
    const { db, secrets } = installation;
    await append('a', 'signed');
    await runTask(auditAnchorTask({ db, secrets, store: anchors, newId, intervalMs: 1 }));
    const report = JSON.parse((await call(server, auditor, { target: '/v1/admin/audit/verification' })).text);
    expect(report).toMatchObject({ faults: [], anchorsKept: true, nextCursor: null });
    expect(report.streams).toEqual(expect.arrayContaining(['a', '_platform']));
    expect(report.anchors).toBeGreaterThanOrEqual(report.streams.length);
  });

  test('S45: G16: of a long audit log goes on where it stopped', async () => {
    await installation.db.script(
      `insert into audit_events (stream, payload) select 'long', '{}' from generate_series(1, 2800)`,
    );
    const first = JSON.parse((await call(server, auditor, { target: '/v1/admin/audit/verification' })).text);
    expect(first.nextCursor).not.toBeNull();
    const target = `/v1/admin/audit/verification?cursor=${first.nextCursor}`;
    const second = JSON.parse((await call(server, auditor, { target })).text);
    expect(second).toMatchObject({ faults: [], nextCursor: null });
    expect(second.streams).toContain('long');
    await installation.db.script(
      `alter table audit_events disable trigger user; update audit_events set payload = 'x' where stream = 'long' and seq = 2750;
       alter table audit_events enable trigger user`,
    );
    expect(JSON.parse((await call(server, auditor, { target })).text).faults).toEqual([
      { stream: 'long', seq: 2750, cause: 'changed', anchor: null },
    ]);
  });

  test('is not for a requester', async () => {
    expect(parseProblem(await call(server, ann, { target: '/v1/admin/audit/verification' })).code).toBe(
      'FORBIDDEN',
    );
  });
});

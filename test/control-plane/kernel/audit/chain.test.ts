import { expect, test } from 'vitest';
import { listAuditEvents, listAuditHeads } from '../../../../src/control-plane/kernel/audit/audit.sql.ts';
import { audit } from '../../../../src/control-plane/kernel/audit/audit.ts';
import { verifyChain } from '../../../../src/control-plane/kernel/audit/verify-chain.ts';
import { systemActor } from '../../../../src/control-plane/kernel/caller.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { eachEngine } from '../../../setup/engines.ts';
import { verifyStream } from './verify-stream.ts';

let serial = 0;

async function newStream(db: Db, events = 5): Promise<string> {
  const stream = `team-${++serial}`;
  for (let i = 1; i <= events; i++) await append(db, stream, `n${i}`);
  return stream;
}

function append(db: Parameters<typeof audit>[0], stream: string, target: string): Promise<void> {
  return audit(db, stream, systemActor('test'), { action: 'thing.do', target, status: 'SUCCESS' });
}

const rowsOf = (db: Db, stream: string) => db.query(listAuditEvents, { stream, after: 0, limit: 1_000 });

/** What an attacker with the database's superuser can do: the triggers do not hold them, the chain does. */
const tamper = (db: Db, sql: string) =>
  db.script(
    `alter table audit_events disable trigger user; alter table audit_heads disable trigger user; ${sql};
     alter table audit_events enable trigger user; alter table audit_heads enable trigger user`,
  );

eachEngine('the audit log', (engine) => {
  test('G16: is a chain that can be computed again from its rows', async () => {
    const { db } = engine();
    const stream = await newStream(db);
    const rows = await rowsOf(db, stream);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(verifyChain(rows)).toMatchObject({ end: { seq: 5 } });
    expect(verifyChain(rows).fault).toBeUndefined();
    expect(await verifyStream(db, stream)).toBeUndefined();
    expect(await verifyStream(db, 'unknown')).toBeUndefined();
  });

  test('G16: counts characters as the database does', async () => {
    const { db } = engine();
    const stream = `équipe-🧪-${++serial}`;
    for (const target of ['', 'ü', '𝒳🧪', '"quoted"\n', 'x'.repeat(5_000)]) await append(db, stream, target);
    expect(await verifyStream(db, stream)).toBeUndefined();
  });

  test.each([
    'update audit_events set payload = payload',
    'delete from audit_events',
    'truncate audit_events',
  ])('S45: G16: refuses %s', async (sql) => {
    const { db } = engine();
    const stream = await newStream(db);
    await expect(db.script(sql)).rejects.toMatchObject({
      code: '42501',
      message: 'audit_events is append-only',
    });
    const upsert = `insert into audit_events (stream, seq, payload) values ('${stream}', 1, 'x') on conflict (stream, seq) do update set payload = 'y'`;
    await expect(db.script(upsert)).rejects.toMatchObject({ code: '42501' });
    expect(await verifyStream(db, stream)).toBeUndefined();
  });

  test.each([
    `update audit_heads set seq = seq`,
    `delete from audit_heads`,
    `truncate audit_heads`,
    `insert into audit_heads (stream, seq, hash) values ('made-up', 7, '\\x00')`,
  ])('S45: G16: refuses %s', async (sql) => {
    const { db } = engine();
    const stream = await newStream(db);
    await expect(db.script(sql)).rejects.toMatchObject({ code: '42501' });
    expect(await verifyStream(db, stream)).toBeUndefined();
  });

  test('G16: gives sequence, time and hashes itself, whatever was asked for', async () => {
    const { db } = engine();
    const stream = await newStream(db, 2);
    await db.script(
      `insert into audit_events (stream, seq, at, payload, prev_hash, hash) values ('${stream}', 99, '2001-01-01', '{}', '\\x00', '\\x00')`,
    );
    const rows = await rowsOf(db, stream);
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(Math.abs(Date.now() - (rows[2]?.atMicros ?? 0) / 1000)).toBeLessThan(3_600_000);
    expect(await verifyStream(db, stream)).toBeUndefined();
  });

  test.each([
    [
      'a changed event',
      `update audit_events set payload = replace(payload, 'n3', 'n9') where seq = 3`,
      { seq: 3, cause: 'changed' },
    ],
    [
      'a changed time',
      `update audit_events set at = at + interval '1 microsecond' where seq = 2`,
      { seq: 2, cause: 'changed' },
    ],
    ['a removed event', `delete from audit_events where seq = 2`, { seq: 2, cause: 'missing' }],
    ['a removed beginning', `delete from audit_events where seq = 1`, { seq: 1, cause: 'missing' }],
    [
      'two events in another order',
      `update audit_events set seq = -seq where seq in (3, 4); update audit_events set seq = 7 + seq where seq < 0`,
      { seq: 3, cause: 'unlinked' },
    ],
    [
      'a hash that was computed anew over the change',
      `update audit_events set payload = 'x', hash = sha256(convert_to('ocpctl-audit-v1' || length(stream) || ':' || stream || seq || ':'
         || (extract(epoch from at) * 1000000)::int8 || ':1:x', 'UTF8') || prev_hash) where seq = 3`,
      { seq: 4, cause: 'unlinked' },
    ],
    ['a cut tail', `delete from audit_events where seq > 3`, { seq: 4, cause: 'missing' }],
    ['an audit log that is gone', `delete from audit_events where seq > 0`, { seq: 1, cause: 'missing' }],
    [
      'a new end of its own making',
      `update audit_events set payload = 'x', hash = '\\x00' where seq = 5`,
      { seq: 5, cause: 'changed' },
    ],
  ])('S45: G16: %s is found', async (_name, sql, fault) => {
    const { db } = engine();
    const stream = await newStream(db);
    const others = await newStream(db);
    await tamper(db, sql.replaceAll(' where ', ` where stream = '${stream}' and `));
    expect(await verifyStream(db, stream)).toEqual(fault);
    expect(await verifyStream(db, others)).toBeUndefined();
  });

  test('G16: a changed head is found with the next event', async () => {
    const { db } = engine();
    const stream = await newStream(db);
    await tamper(db, `update audit_heads set hash = '\\x00' where stream = '${stream}'`);
    expect(await verifyStream(db, stream)).toEqual({ seq: 5, cause: 'changed' });
    await append(db, stream, 'n6');
    expect(await verifyStream(db, stream)).toEqual({ seq: 6, cause: 'unlinked' });
  });

  test('a transaction that rolls back leaves no event and no gap', async () => {
    const { db } = engine();
    const stream = await newStream(db, 2);
    const undone = db.tx(async (tx) => {
      await append(tx, stream, 'undone');
      throw new Error('changed my mind');
    });
    await expect(undone).rejects.toThrow('changed my mind');
    await append(db, stream, 'n3');
    expect((await rowsOf(db, stream)).map(({ payload }) => JSON.parse(payload).target)).toEqual([
      'n1',
      'n2',
      'n3',
    ]);
    expect(await verifyStream(db, stream)).toBeUndefined();
  });

  test('events that are written at the same time make one chain', async () => {
    const { db } = engine();
    const stream = `busy-${++serial}`;
    await Promise.all(Array.from({ length: 30 }, (_, i) => append(db, stream, `n${i}`)));
    const [head] = (await db.query(listAuditHeads, {})).filter((candidate) => candidate.stream === stream);
    expect(head?.seq).toBe(30);
    expect(await verifyStream(db, stream)).toBeUndefined();
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { directoryStore } from '../../../../src/control-plane/kernel/artifacts/directory-store.ts';
import { audit } from '../../../../src/control-plane/kernel/audit/audit.ts';
import { auditAnchorKey } from '../../../../src/control-plane/kernel/audit/audit-anchor.ts';
import { AuditAnchorStore } from '../../../../src/control-plane/kernel/audit/audit-anchor-store.ts';
import { auditAnchorTask } from '../../../../src/control-plane/kernel/audit/audit-anchor-task.ts';
import {
  type VerificationPart,
  verifyAuditChains,
} from '../../../../src/control-plane/kernel/audit/verify-audit-chains.ts';
import { systemActor } from '../../../../src/control-plane/kernel/caller.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { openSealedSecrets } from '../../../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import type { SecretStore } from '../../../../src/control-plane/kernel/secrets/secret-store.ts';
import {
  findInstallationKey,
  installationKey,
} from '../../../../src/control-plane/kernel/signing/installation-key.ts';
import { eachEngine } from '../../../setup/engines.ts';
import { runTask } from '../../../setup/run-task.ts';

interface Bench {
  readonly db: Db;
  readonly folder: string;
  readonly secrets: SecretStore;
  readonly stream: string;
  append(count: number): Promise<void>;
  sign(): Promise<unknown>;
  verify(budget?: number): Promise<VerificationPart>;
  /** The files of anchors, oldest first. */
  files(): Promise<string[]>;
}

let serial = 0;

async function openBench(db: Db): Promise<Bench> {
  await db.script('delete from audit_anchors; delete from secrets');
  const folder = await mkdtemp(join(tmpdir(), 'ocpctl-anchors-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const secrets = await openSealedSecrets({ keyDir: join(folder, 'keys'), newId });
  const directory = join(folder, 'outside');
  const store = () => new AuditAnchorStore(directoryStore(directory));
  const stream = `team-${++serial}`;
  let written = 0;
  const append = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const target = `n${++written}`;
      await audit(db, stream, systemActor('test'), { action: 'thing.do', target, status: 'SUCCESS' });
    }
  };
  const task = auditAnchorTask({ db, secrets, store: store(), newId, intervalMs: 1 });
  const sign = () => runTask(task);
  const verify = (budget = 1_000_000) =>
    verifyAuditChains({ db, secrets, store: store(), teams: [stream], budget });
  const files = async () =>
    (await readdir(directory, { recursive: true }))
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .map((name) => join(directory, name));
  await append(5);
  return { db, folder, secrets, stream, append, sign, verify, files };
}

/** What an attacker with the database's superuser can do to one stream, its head row included. */
const tamper = ({ db }: Bench, sql: string) =>
  db.script(
    `alter table audit_events disable trigger user; alter table audit_heads disable trigger user; ${sql};
     alter table audit_events enable trigger user; alter table audit_heads enable trigger user`,
  );

const cutTail = (bench: Bench, keep: number) =>
  tamper(
    bench,
    `delete from audit_events where stream = '${bench.stream}' and seq > ${keep};
     update audit_heads h set seq = ${keep}, hash = e.hash from audit_events e
     where h.stream = '${bench.stream}' and e.stream = h.stream and e.seq = ${keep}`,
  );

/** Writes the whole chain of a stream anew, with one event that says something else: sound by itself from end to end. */
const rewrite = async (bench: Bench) => {
  await tamper(
    bench,
    `create temp table kept as select * from audit_events where stream = '${bench.stream}';
     delete from audit_events where stream = '${bench.stream}'; delete from audit_heads where stream = '${bench.stream}'`,
  );
  await bench.db.script(
    `insert into audit_events (stream, payload) select stream, replace(payload, 'n2', 'nothing') from kept order by seq; drop table kept`,
  );
};

eachEngine('anchors', (engine) => {
  test('S45: G16: a whole audit log agrees with its anchors, and a long one is verified in parts', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await bench.append(4);
    await bench.sign();
    await bench.append(1);
    expect(await bench.verify()).toMatchObject({
      events: 10,
      faults: [],
      anchors: 2,
      streams: [bench.stream],
    });
    expect(await bench.sign()).toMatchObject({ keyId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(await bench.sign()).toBeUndefined();
  });

  test('S45: G16: a tail that was cut off together with its head is found', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await cutTail(bench, 3);
    const [file = ''] = await bench.files();
    expect((await bench.verify()).faults).toEqual([
      {
        stream: bench.stream,
        seq: 4,
        cause: 'missing',
        anchor: expect.stringMatching(/^anchors\/.*\.jsonl$/),
      },
    ]);
    expect(file).toContain((await bench.verify()).faults[0]?.anchor);
    // Events that came later do not hide it.
    await bench.append(4);
    expect((await bench.verify()).faults).toMatchObject([{ seq: 5, cause: 'rewritten' }]);
  });

  test('S45: G16: a stream that is gone without a trace is found', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await tamper(
      bench,
      `delete from audit_events where stream = '${bench.stream}'; delete from audit_heads where stream = '${bench.stream}'`,
    );
    expect((await bench.verify()).faults).toMatchObject([{ stream: bench.stream, seq: 1, cause: 'missing' }]);
  });

  test('S45: G16: a history that was written anew, sound by itself, is found', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await rewrite(bench);
    expect((await bench.verify()).faults).toMatchObject([{ seq: 5, cause: 'rewritten' }]);
  });

  test('G16: without the row of its head a stream is not whole', async () => {
    const bench = await openBench(engine().db);
    await tamper(bench, `delete from audit_heads where stream = '${bench.stream}'`);
    expect((await bench.verify()).faults).toEqual([
      { stream: bench.stream, seq: 5, cause: 'headless', anchor: null },
    ]);
    await tamper(bench, `delete from audit_events where stream = '${bench.stream}'`);
  });

  test('G16: a broken chain is not signed: that would make the break look right', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await bench.append(3);
    await tamper(
      bench,
      `update audit_events set payload = '{}' where stream = '${bench.stream}' and seq = 7`,
    );
    await expect(bench.sign()).rejects.toThrow(`${bench.stream} at 7 (changed)`);
    const lines = (await Promise.all((await bench.files()).map((file) => readFile(file, 'utf8')))).join('');
    expect(lines).not.toContain('"seq":8');
    await cutTail(bench, 4);
    await expect(bench.sign()).rejects.toThrow(`${bench.stream} at 5 (missing)`);
    await rewrite(bench);
    await bench.append(1);
    await expect(bench.sign()).rejects.toThrow(`${bench.stream} at 5 (rewritten)`);
    await tamper(
      bench,
      `delete from audit_events where stream = '${bench.stream}'; delete from audit_heads where stream = '${bench.stream}'`,
    );
  });

  test('G16: an anchor that no one here signed, and one that was taken away, are found', async () => {
    const bench = await openBench(engine().db);
    for (const count of [1, 2, 3]) {
      await bench.sign();
      await bench.append(count);
    }
    await bench.sign();
    const [, second = '', third = ''] = await bench.files();
    const honest = await readFile(third, 'utf8');
    await chmod(third, 0o600);
    await writeFile(third, honest.replace(/"seq":8/, '"seq":7'));
    expect((await bench.verify()).faults.map(({ cause }) => cause)).toContain('anchor-forged');
    await writeFile(third, honest);
    expect((await bench.verify()).faults).toEqual([]);
    await rm(second);
    expect((await bench.verify()).faults).toMatchObject([
      { stream: bench.stream, seq: 6, cause: 'anchor-missing' },
    ]);
  });

  test('G16: a crash between anchor and bookmark signs the same part again, and nothing is missed', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await bench.append(2);
    await bench.db.script(`update audit_anchors set seq = 5, hash = (
      select hash from audit_events e where e.stream = audit_anchors.stream and seq = 5) where stream = '${bench.stream}'`);
    await bench.sign();
    await bench.append(1);
    await bench.sign();
    expect((await bench.verify()).faults).toEqual([]);
  });

  test('M1: G16: a rewritten chain is not signed, whatever the bookmarks say and however often it is tried', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    await rewrite(bench);
    for (let run = 0; run < 3; run++) {
      await bench.append(1);
      await bench.db.script(
        `update audit_anchors a set seq = h.seq, hash = h.hash, at = '2099-01-01' from audit_heads h where h.stream = a.stream`,
      );
      await expect(bench.sign()).rejects.toThrow(`${bench.stream} at`);
    }
    await bench.db.script('delete from audit_anchors');
    await expect(bench.sign()).rejects.toThrow(`${bench.stream} at`);
    // Only the newest files are read: the last good position is in every one of them.
    for (const file of (await bench.files()).slice(0, -1)) await rm(file);
    expect((await bench.verify()).faults).toMatchObject([{ cause: 'rewritten' }]);
    await tamper(
      bench,
      `delete from audit_events where stream = '${bench.stream}'; delete from audit_heads where stream = '${bench.stream}'`,
    );
  });

  test('M1: G16: a chain that no one signed for more than a day is found', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    expect((await bench.verify()).faults).toEqual([]);
    const signing = await findInstallationKey(bench.db, bench.secrets);
    const key = signing && auditAnchorKey(signing);
    const [file = ''] = await bench.files();
    const dated = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => {
        const anchor = key?.read(line);
        if (!anchor) throw new Error(line);
        const time = new Date(Date.now() - 27 * 3_600_000).toISOString();
        return `${key?.sign({ ...anchor, time })}\n`;
      });
    await chmod(file, 0o600);
    await writeFile(file, dated.join(''));
    expect((await bench.verify()).faults).toMatchObject([
      { stream: bench.stream, seq: 5, cause: 'anchor-late', anchor: expect.stringMatching(/jsonl$/) },
    ]);
  });

  test('files are for their owner only, and the public key lies beside them', async () => {
    const bench = await openBench(engine().db);
    await bench.sign();
    for (const file of await bench.files()) expect((await stat(file)).mode & 0o077).toBe(0);
    const [key = ''] = await readdir(join(bench.folder, 'outside', 'keys'));
    const { keyId } = await bench.verify();
    expect(key).toBe(`${keyId}.pem`);
  });
});

test('a key reads what it signed, and nothing that was changed', () => {
  const pemOf = () =>
    String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const key = auditAnchorKey(installationKey(pemOf()));
  const anchor = {
    stream: 'a',
    seq: 3,
    hash: 'ab'.repeat(32),
    count: 1,
    time: '2026-01-02T03:04:05.000Z',
  };
  const line = key.sign(anchor);
  expect(key.read(line)).toEqual(anchor);
  expect(auditAnchorKey(installationKey(pemOf())).read(line)).toBeUndefined();
  for (const bad of [
    '',
    '{}',
    line.slice(1),
    line.replace('"a"', '"b"'),
    line.replace('"count":1', '"count":2'),
  ])
    expect(key.read(bad)).toBeUndefined();
});

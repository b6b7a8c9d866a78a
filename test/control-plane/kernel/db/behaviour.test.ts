import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isUniqueViolation, type Tx } from '../../../../src/control-plane/kernel/db/db.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { eachEngine } from '../../../setup/engines.ts';

const insertNote = statement({
  name: 'test.insert_note',
  text: 'insert into notes (id, text) values ($1, $2)',
  params: { id: 'int4', text: 'text' },
  row: {},
});
const readNotes = statement({
  name: 'test.read_notes',
  text: 'select id, text from notes order by id',
  params: {},
  row: { id: 'int4', text: 'text' },
});
const divide = statement({
  name: 'test.divide',
  text: 'select 1 / $1::int4 as quotient',
  params: { by: 'int4' },
  row: { quotient: 'int4' },
});
const readClock = statement({
  name: 'test.read_clock',
  text: 'select extract(epoch from clock_now() - now())::float8 as "offsetSeconds"',
  params: {},
  row: { offsetSeconds: 'float8' },
});

const everyType = statement({
  name: 'test.every_type',
  text: `select $1::text as "text", $2::int4 as "int4", $3::int8 as "int8", $4::float8 as "float8", $5::bool as "bool",
                $6::timestamptz as "timestamptz", $7::jsonb as "jsonb", $8::bytea as "bytea", $9::text[] as "texts",
                $10::int4[] as "int4s", $11::int8[] as "int8s", $12::timestamptz[] as "timestamptzs"`,
  params: {
    text: 'text?',
    int4: 'int4?',
    int8: 'int8?',
    float8: 'float8?',
    bool: 'bool?',
    timestamptz: 'timestamptz?',
    jsonb: 'jsonb?',
    bytea: 'bytea?',
    texts: 'text[]?',
    int4s: 'int4[]?',
    int8s: 'int8[]?',
    timestamptzs: 'timestamptz[]?',
  },
  row: {
    text: 'text?',
    int4: 'int4?',
    int8: 'int8?',
    float8: 'float8?',
    bool: 'bool?',
    timestamptz: 'timestamptz?',
    jsonb: 'jsonb?',
    bytea: 'bytea?',
    texts: 'text[]?',
    int4s: 'int4[]?',
    int8s: 'int8[]?',
    timestamptzs: 'timestamptz[]?',
  },
});

eachEngine('the database', (engine) => {
  beforeEach(() => engine().db.script('create table notes (id int4 primary key, text text not null)'));
  afterEach(() => engine().db.script('drop table notes'));

  test.each([
    {
      text: 'a "quoted", \\ back-slashed\nline, ü, 🦭',
      int4: -2_147_483_648,
      int8: Number.MAX_SAFE_INTEGER,
      float8: 0.1,
      bool: true,
      timestamptz: new Date('2026-03-29T00:59:59.999Z'),
      jsonb: { list: [1, 'two', null, { deep: true }], text: 'it\'s "so"' },
      bytea: Uint8Array.from([0, 255, 92, 39]),
      texts: ['plain', '', 'NULL', 'with "quotes", {braces}, \\ and ,', ' spaced '],
      int4s: [1, -2],
      int8s: [Number.MIN_SAFE_INTEGER],
      timestamptzs: [new Date(0), new Date('2026-01-01T00:00:00.001Z')],
    },
    {
      text: '',
      int4: 0,
      int8: 0,
      float8: -1e300,
      bool: false,
      timestamptz: new Date('1970-01-01T00:00:00Z'),
      jsonb: 'a string is a document too',
      bytea: new Uint8Array(0),
      texts: [],
      int4s: [],
      int8s: [],
      timestamptzs: [],
    },
    {
      text: null,
      int4: null,
      int8: null,
      float8: null,
      bool: null,
      timestamptz: null,
      jsonb: null,
      bytea: null,
      texts: null,
      int4s: null,
      int8s: null,
      timestamptzs: null,
    },
  ])('every type comes back as it went in (%#)', async (values) => {
    expect(await engine().db.query(everyType, values)).toEqual([values]);
  });

  test('an integer beyond 2^53 is an error, not another integer', async () => {
    const big = statement({
      name: 'test.big',
      text: "select '9007199254740992'::int8 as big",
      params: {},
      row: { big: 'int8' },
    });
    await expect(engine().db.query(big, {})).rejects.toThrow('test.big: big is an integer beyond 2^53');
  });

  test('a value that is not what the statement declares is refused by name, and never shown', async () => {
    const wrong = engine().db.query(insertNote, { id: 1, text: 5 as unknown as string });
    await expect(wrong).rejects.toThrow('test.insert_note: text is not a value of text');
    const lying = statement({
      name: 'test.lying',
      text: 'select null::text as a',
      params: {},
      row: { a: 'text' },
    });
    await expect(engine().db.query(lying, {})).rejects.toThrow('test.lying: a is null, declared text');
  });

  test('a transaction commits as a whole, and only then is its later work done', async () => {
    const { db } = engine();
    const order: string[] = [];
    const result = await db.tx(async (tx) => {
      tx.afterCommit(() => order.push('after'));
      await tx.query(insertNote, { id: 1, text: 'one' });
      await tx.query(insertNote, { id: 2, text: 'two' });
      order.push('work');
      return 'result';
    });
    expect(result).toBe('result');
    expect(order).toEqual(['work', 'after']);
    expect(await db.query(readNotes, {})).toHaveLength(2);
  });

  test('a transaction whose work fails leaves nothing, and its later work is not done', async () => {
    const { db } = engine();
    const order: string[] = [];
    const failing = db.tx(async (tx) => {
      tx.afterCommit(() => order.push('after'));
      await tx.query(insertNote, { id: 1, text: 'one' });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(order).toEqual([]);
    expect(await db.query(readNotes, {})).toEqual([]);
  });

  test('a transaction that hides the failure of a statement is not taken for committed', async () => {
    const { db } = engine();
    const hiding = db.tx(async (tx) => {
      await tx.query(insertNote, { id: 1, text: 'one' });
      await tx.query(divide, { by: 0 }).catch(() => undefined);
    });
    await expect(hiding).rejects.toThrow('a statement of this transaction had failed');
    expect(await db.query(readNotes, {})).toEqual([]);
  });

  test('the database is usable after any error', async () => {
    const { db } = engine();
    await expect(db.query(divide, { by: 0 })).rejects.toMatchObject({ code: '22012' });
    await expect(db.script('insert into notes values (1, null)')).rejects.toMatchObject({ code: '23502' });
    await expect(db.script('begin; select nonsense')).rejects.toMatchObject({ code: '42703' });
    expect(await db.query(divide, { by: 1 })).toEqual([{ quotient: 1 }]);
  });

  test('a script is one transaction', async () => {
    const { db } = engine();
    await expect(db.script("insert into notes values (1, 'one'); select 1 / 0")).rejects.toMatchObject({
      code: '22012',
    });
    expect(await db.query(readNotes, {})).toEqual([]);
  });

  test('a unique violation names its constraint, and carries no values of the statement', async () => {
    const { db } = engine();
    await db.query(insertNote, { id: 1, text: 'one' });
    const error: unknown = await db
      .query(insertNote, { id: 1, text: 'a secret' })
      .catch((thrown: unknown) => thrown);
    expect(isUniqueViolation(error, 'notes_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'other')).toBe(false);
    expect(JSON.stringify({ ...(error as object) })).not.toContain('a secret');
  });

  test('transactions that run at once each keep their own work', async () => {
    const { db } = engine();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, id) =>
        db.tx(async (tx) => {
          await tx.query(insertNote, { id, text: 'first' });
          await tx.query(insertNote, { id: id + 100, text: 'second' });
          if (id % 2 === 1) throw new Error('odd');
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const ids = (await db.query(readNotes, {})).map(({ id }) => id);
    const even = Array.from({ length: 10 }, (_, i) => i * 2);
    expect(ids).toEqual([...even, ...even.map((id) => id + 100)]);
  });

  test('statements of one transaction that are not waited for run in order', async () => {
    const { db } = engine();
    const notes = await db.tx(async (tx) => {
      const [, , read] = await Promise.all([
        tx.query(insertNote, { id: 1, text: 'one' }),
        tx.query(insertNote, { id: 2, text: 'two' }),
        tx.query(readNotes, {}),
      ]);
      return read;
    });
    expect(notes).toHaveLength(2);
  });

  test('a query on the database inside a transaction is refused, not left to wait for itself', async () => {
    const { db } = engine();
    await expect(db.tx(() => db.query(readNotes, {}))).rejects.toThrow("use the transaction's own query");
    await expect(db.tx(() => db.tx(async () => undefined))).rejects.toThrow(
      "use the transaction's own query",
    );
  });

  test('a transaction cannot be used after its end', async () => {
    const kept: Tx[] = [];
    await engine().db.tx(async (tx) => void kept.push(tx));
    await expect(kept[0]?.query(readNotes, {})).rejects.toThrow('its transaction is over');
  });

  test('a notification reaches every listener of its channel until it stops listening', async () => {
    const { db } = engine();
    const received: string[] = [];
    const bus = new EventEmitter();
    const last = once(bus, 'last');
    const stopFirst = await db.listen('test_channel', (payload) => received.push(`first ${payload}`));
    const stopSecond = await db.listen('test_channel', (payload) => {
      received.push(`second ${payload}`);
      if (payload === 'b') bus.emit('last');
    });
    await db.notify('other_channel', 'x');
    await db.notify('test_channel', "it's");
    await db.notify('test_channel', 'b');
    await last;
    await stopFirst();
    expect(received).toEqual(["first it's", "second it's", 'first b', 'second b']);
    await stopSecond();
    await expect(db.listen('not a channel"', () => undefined)).rejects.toThrow('invalid channel name');
  });

  test('a notification of a transaction is sent at its commit, and not at its rollback', async () => {
    const { db } = engine();
    const notify = statement({
      name: 'test.notify',
      text: "select pg_notify('test_channel', $1)::text as sent",
      params: { payload: 'text' },
      row: { sent: 'text' },
    });
    const received: string[] = [];
    const bus = new EventEmitter();
    const last = once(bus, 'last');
    const stop = await db.listen('test_channel', (payload) => {
      received.push(payload);
      if (payload === 'last') bus.emit('last');
    });
    await db
      .tx((tx) => tx.query(notify, { payload: 'undone' }).then(() => Promise.reject(new Error())))
      .catch(() => undefined);
    await db.tx((tx) => tx.query(notify, { payload: 'done' }));
    await db.notify('test_channel', 'last');
    await last;
    await stop();
    expect(received).toEqual(['done', 'last']);
  });

  test('the clock of the database can be moved', async () => {
    await engine().moveClock('2 hours');
    expect(await engine().db.query(readClock, {})).toEqual([{ offsetSeconds: 7200 }]);
    await engine().moveClock('0');
    expect(await engine().db.query(readClock, {})).toEqual([{ offsetSeconds: 0 }]);
  });
});

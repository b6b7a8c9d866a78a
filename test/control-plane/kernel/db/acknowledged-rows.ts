import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';

export const CREATE_ACKNOWLEDGED =
  'create table if not exists acknowledged (id int4 primary key, filler text)';

export const insertAcknowledged = statement({
  name: 'test.insert_acknowledged',
  text: "insert into acknowledged (id, filler) values ($1, repeat('x', $2))",
  params: { id: 'int4', fillerLength: 'int4' },
  row: {},
});

export const readAcknowledged = statement({
  name: 'test.read_acknowledged',
  text: 'select id from acknowledged order by id',
  params: {},
  row: { id: 'int4' },
});

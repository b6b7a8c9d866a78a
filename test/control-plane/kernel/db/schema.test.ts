import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { openMigratedPglite } from '../../../setup/engines.ts';

/** One line, or one definition, for each thing of the schema; `sort` puts them in a fixed order. */
const describeSchema = statement({
  name: 'test.describe_schema',
  text: `
    with tables as (
      select oid, relname, relkind, reloptions from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'S')
    )
    select sort, line from (
      select relname::text || ' 0' as sort,
             format(E'\\n%s %s%s', case relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, relname,
                    coalesce(' with (' || array_to_string(reloptions, ', ') || ')', '')) as line
      from tables
      union all
      select format('%s 1 %s', relname, to_char(attnum, '000')),
             format('  %s %s%s%s%s', attname, format_type(atttypid, atttypmod), case when attnotnull then ' not null' end,
                    coalesce(' default ' || pg_get_expr(adbin, adrelid), ''),
                    case when attidentity <> '' then ' identity' when attgenerated <> '' then ' generated' end)
      from tables join pg_attribute on attrelid = tables.oid and attnum > 0 and not attisdropped
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where relkind <> 'S'
      union all
      select format('%s 2 %s', relname, conname), format('  constraint %s %s', conname, pg_get_constraintdef(c.oid))
      from tables join pg_constraint c on conrelid = tables.oid where contype <> 'n'
      union all
      select format('%s 3 %s', relname, indexrelid::regclass), '  ' || pg_get_indexdef(indexrelid)
      from tables join pg_index on indrelid = tables.oid
      where not exists (select from pg_constraint where conindid = indexrelid)
      union all
      select format('%s 4 %s', relname, tgname), '  ' || pg_get_triggerdef(t.oid)
      from tables join pg_trigger t on tgrelid = tables.oid where not tgisinternal
      union all
      select '~ ' || p.oid::regprocedure::text, E'\\n' || rtrim(pg_get_functiondef(p.oid))
      from pg_proc p where pronamespace = 'public'::regnamespace
    ) as parts
    order by sort collate "C"`,
  params: {},
  row: { sort: 'text', line: 'text' },
});

let db: Db;
beforeAll(async () => {
  db = await openMigratedPglite();
});
afterAll(() => db.close());

test('the schema is the one that was reviewed; after a migration: vitest run schema.test.ts -u', async () => {
  const lines = (await db.query(describeSchema, {})).map(({ line }) => line);
  await expect(`${lines.join('\n').trim()}\n`).toMatchFileSnapshot('schema.golden.sql');
});
